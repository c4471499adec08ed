import CALSA

/// One way of a sound card: mono, 16 bits a sample, in periods of 5 ms.
final class SoundStream {
  let device: SoundDevice
  let isPlaying: Bool
  /// Samples a second.
  let rate: Int
  /// Samples that the card moves at once, of 5 ms where it can.
  let period: Int
  /// Samples that it holds at most.
  private let room: Int
  /// Samples that are to wait for the card to play them; more after each time that it ran out.
  private var target: Int
  /// How often it ran over, or out.
  private(set) var breaks: UInt32 = 0
  private let pcm: OpaquePointer
  private var polled: [pollfd] = []
  private var watcher: Poller?

  /// nil where the device has no such way. `rate` nil takes the best of 48, 16 and 8 kHz that needs no resampling.
  static func open(_ device: SoundDevice, playing: Bool, rate: Int?) throws(SoundCardError) -> SoundStream? {
    guard let pcm = try device.open(playing: playing) else { return nil }
    do throws(SoundCardError) {
      return try SoundStream(device, pcm, playing, Shape(device, pcm, rate))
    } catch {
      snd_pcm_close(pcm)
      throw error
    }
  }

  private init(_ device: SoundDevice, _ pcm: OpaquePointer, _ playing: Bool, _ shape: Shape) throws(SoundCardError) {
    self.device = device
    self.pcm = pcm
    isPlaying = playing
    (rate, period, room) = (shape.rate, shape.period, shape.room)
    target = min(room - period, 3 * period)
    try wakeAtTarget()
  }

  func close() {
    forget()
    snd_pcm_close(pcm)
  }

  private func check(_ result: Int32, _ operation: StaticString) throws(SoundCardError) {
    if result < 0 { throw device.refusal(operation, result) }
  }

  /// Wakes whoever waits once a period was captured, or there is room for a period up to the target.
  private func wakeAtTarget() throws(SoundCardError) {
    var terms: OpaquePointer?
    try check(snd_pcm_sw_params_malloc(&terms), "memory")
    defer { snd_pcm_sw_params_free(terms) }
    try check(snd_pcm_sw_params_current(pcm, terms), "software parameters")
    // It starts when it is told to.
    try check(snd_pcm_sw_params_set_start_threshold(pcm, terms, .max >> 1), "start threshold")
    let least = isPlaying ? room - target + period : period
    try check(snd_pcm_sw_params_set_avail_min(pcm, terms, snd_pcm_uframes_t(least)), "wake-up")
    try check(snd_pcm_sw_params(pcm, terms), "software parameters")
  }

  // MARK: running

  func start() throws(SoundCardError) {
    try check(snd_pcm_prepare(pcm), "prepare")
    try run()
  }

  private func run() throws(SoundCardError) {
    if isPlaying {
      let silence = [Int16](repeating: 0, count: target)
      _ = silence.withUnsafeBufferPointer { snd_pcm_writei(pcm, $0.baseAddress, snd_pcm_uframes_t($0.count)) }
    }
    let result = snd_pcm_start(pcm)
    if result < 0, snd_pcm_state(pcm) != SND_PCM_STATE_RUNNING { throw device.refusal("start", result) }
  }

  /// Stops at once, and drops what waits.
  func stop() {
    forget()
    snd_pcm_drop(pcm)
  }

  /// Has `poller` wake when the card moved a period; false where this device can't be waited for, as `null` can't.
  func watch(by poller: Poller, token: UInt64) -> Bool {
    let count = Int(snd_pcm_poll_descriptors_count(pcm))
    guard count > 0 else { return false }
    polled = [pollfd](repeating: pollfd(), count: count)
    snd_pcm_poll_descriptors(pcm, &polled, UInt32(count))
    for entry in polled {
      let what: Readiness = Int32(entry.events) & calsa_writable != 0 ? .writable : .readable
      guard (try? poller.add(entry.fd, what, token: token)) != nil else { return false }
    }
    watcher = poller
    return true
  }

  func forget() {
    if let watcher { for entry in polled { watcher.remove(entry.fd) } }
    watcher = nil
  }

  /// Tells a device that is no hardware, and wakes by a timer or a pipe, that it was heard.
  private func acknowledge() {
    guard watcher != nil else { return }
    for i in polled.indices { polled[i].revents = polled[i].events }
    var events: UInt16 = 0
    snd_pcm_poll_descriptors_revents(pcm, &polled, UInt32(polled.count), &events)
  }

  /// After a break: counts it, and begins anew.
  private func recover(_ result: Int) throws(SoundCardError) {
    let result = Int32(truncatingIfNeeded: result)
    guard result == calsa_broken || result == calsa_suspended || result == calsa_interrupted else {
      throw device.refusal(isPlaying ? "play" : "capture", result)
    }
    if result == calsa_interrupted { return }
    breaks &+= 1
    try check(snd_pcm_recover(pcm, result, 1), "recover")
    if isPlaying, target + 2 * period <= room / 2 {
      target += period
      try wakeAtTarget()
    }
    try run()
  }

  /// Appends what was captured, at most `most` samples.
  func capture(into samples: inout [Int16], most: Int) throws(SoundCardError) {
    acknowledge()
    var left = most
    while left > 0 {
      let had = samples.count
      let chunk = min(left, 4 * period)
      samples.append(contentsOf: repeatElement(0, count: chunk))
      let count = samples.withUnsafeMutableBufferPointer {
        Int(snd_pcm_readi(pcm, $0.baseAddress! + had, snd_pcm_uframes_t(chunk)))
      }
      samples.removeLast(chunk - max(0, count))
      if count == Int(calsa_again) || count == 0 { return }
      if count < 0 {
        try recover(count)
        return
      }
      left -= count
    }
  }

  /// Samples that are to be played by now for the card not to run out.
  func wanted() throws(SoundCardError) -> Int {
    acknowledge()
    var free = Int(snd_pcm_avail(pcm))
    if free < 0 {
      try recover(free)
      free = Int(snd_pcm_avail(pcm))
      if free < 0 { throw device.refusal("play", Int32(truncatingIfNeeded: free)) }
    }
    return max(0, target - (room - free))
  }

  /// Samples that are still to be heard, or that wait to be read, the card's own delay with them; nil while it does not run.
  var delay: Int? {
    var count: snd_pcm_sframes_t = 0
    return snd_pcm_delay(pcm, &count) < 0 ? nil : Int(count)
  }

  func play(_ samples: UnsafeBufferPointer<Int16>) throws(SoundCardError) {
    let count = Int(snd_pcm_writei(pcm, samples.baseAddress, snd_pcm_uframes_t(samples.count)))
    // What finds no room is too late anyway.
    if count < 0, count != Int(calsa_again) { try recover(count) }
  }
}

/// What a device agreed to.
private struct Shape {
  static let rates = [48000, 16000, 8000]
  var rate = 0
  var period = 0
  var room = 0

  init(_ device: SoundDevice, _ pcm: OpaquePointer, _ wanted: Int?) throws(SoundCardError) {
    func check(_ result: Int32, _ operation: StaticString) throws(SoundCardError) {
      if result < 0 { throw device.refusal(operation, result) }
    }
    var terms: OpaquePointer?
    try check(snd_pcm_hw_params_malloc(&terms), "memory")
    defer { snd_pcm_hw_params_free(terms) }
    try check(snd_pcm_hw_params_any(pcm, terms), "parameters")
    try check(snd_pcm_hw_params_set_access(pcm, terms, SND_PCM_ACCESS_RW_INTERLEAVED), "interleaved samples")
    try check(snd_pcm_hw_params_set_format(pcm, terms, SND_PCM_FORMAT_S16_LE), "16-bit samples")
    try check(snd_pcm_hw_params_set_channels(pcm, terms, 1), "one channel")
    // alsa-lib resamples by straight lines: only where the card has no rate of ours.
    try check(snd_pcm_hw_params_set_rate_resample(pcm, terms, 0), "no resampling")
    let rates = wanted.map { [$0] } ?? Shape.rates
    if let own = rates.first(where: { snd_pcm_hw_params_test_rate(pcm, terms, UInt32($0), 0) == 0 }) {
      rate = own
    } else {
      rate = rates[0]
      try check(snd_pcm_hw_params_set_rate_resample(pcm, terms, 1), "resampling")
    }
    try check(snd_pcm_hw_params_set_rate(pcm, terms, UInt32(rate), 0), "the sampling rate")
    var frames = snd_pcm_uframes_t(rate / 200)
    try check(snd_pcm_hw_params_set_period_size_near(pcm, terms, &frames, nil), "periods of 5 ms")
    var whole = snd_pcm_uframes_t(rate / 5)
    try check(snd_pcm_hw_params_set_buffer_size_near(pcm, terms, &whole), "a buffer of 200 ms")
    try check(snd_pcm_hw_params(pcm, terms), "its parameters")
    (period, room) = (Int(frames), Int(whole))
    guard period > 0, room >= 3 * period else { throw device.refusal("periods of 5 ms", calsa_invalid) }
  }
}
