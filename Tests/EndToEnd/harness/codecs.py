"""Codecs offline: what a clip is after a phone and the exchange have coded it without a fault between them."""

import ctypes
import ctypes.util

import numpy
from G722 import G722

from .wave import read, resample, sox, write

# The rate that a phone samples at for each codec.
# `secured` is what two of our own phones have between them, whatever carries it; `secured-10` in packets of 10 ms.
RATES = {"PCMU": 8000, "PCMA": 8000, "G722": 16000, "opus": 48000, "secured": 16000, "secured-10": 16000}
VOIP, AUDIO, LOW_DELAY = 2048, 2049, 2051
# How the phone encodes (harness/phone.py sets it so), and how the exchange does (docs/media.md).
PHONE_OPUS = {"application": AUDIO, 4002: 48000, 4006: 0, 4010: 5}
SECURED_OPUS = {"application": LOW_DELAY, 4002: 56000, 4006: 0, 4010: 0, 4024: 3001}
SECURED_OPUS_10 = {**SECURED_OPUS, 4002: 48000}
EXCHANGE_OPUS = {"application": LOW_DELAY, 4002: 48000, 4006: 0, 4010: 0, 4024: 3001}


class Opus:
    """libopus, as the phone has it; numbers are those of its OPUS_SET_… requests."""

    def __init__(self):
        self.library = ctypes.CDLL(ctypes.util.find_library("opus"))
        for name in ("opus_encoder_create", "opus_decoder_create"):
            getattr(self.library, name).restype = ctypes.c_void_p

    def coded(self, samples, rate, heard_rate, settings, milliseconds=20):
        error = ctypes.c_int()
        encoder = ctypes.c_void_p(self.library.opus_encoder_create(
            rate, 1, settings["application"], ctypes.byref(error)))
        decoder = ctypes.c_void_p(self.library.opus_decoder_create(heard_rate, 1, ctypes.byref(error)))
        for request, value in settings.items():
            if request != "application":
                assert self.library.opus_encoder_ctl(encoder, request, ctypes.c_int(value)) == 0, request
        frame, heard_frame, out = rate * milliseconds // 1000, heard_rate * milliseconds // 1000, []
        packet, room = ctypes.create_string_buffer(1276), (ctypes.c_int16 * heard_frame)()
        for start in range(0, len(samples) - frame + 1, frame):
            part = samples[start : start + frame].astype("<i2").tobytes()
            size = self.library.opus_encode(encoder, part, frame, packet, 1276)
            count = self.library.opus_decode(decoder, packet, size, room, heard_frame, 0)
            assert size > 0 and count == heard_frame
            out.append(numpy.frombuffer(room, dtype="<i2").astype(numpy.int16))
        self.library.opus_encoder_destroy(encoder)
        self.library.opus_decoder_destroy(decoder)
        return numpy.concatenate(out)

    def decoded(self, packets, rate):
        """What is heard of packets that anybody may have made: silence, where one is none of Opus."""
        error = ctypes.c_int()
        decoder = ctypes.c_void_p(self.library.opus_decoder_create(rate, 1, ctypes.byref(error)))
        room, out = (ctypes.c_int16 * (rate * 120 // 1000))(), []
        for packet in packets:
            count = self.library.opus_decode(decoder, packet, len(packet), room, len(room), 0)
            out.append(numpy.frombuffer(room, dtype="<i2")[:count].copy() if count > 0
                       else numpy.zeros(rate // 50, numpy.int16))
        self.library.opus_decoder_destroy(decoder)
        return numpy.concatenate(out)


def hop(samples, rate, codec, next_codec, by_phone, folder):
    """The samples after one encoder and decoder, and their rate. What is decoded for another encoder gets its rate,
    whoever is to hear Opus last does so at 48 kHz."""
    if codec == "opus":
        heard_rate = {None: 48000, "opus": 16000}.get(next_codec) or min(16000, RATES[next_codec])
        return Opus().coded(samples, rate, heard_rate, PHONE_OPUS if by_phone else EXCHANGE_OPUS), heard_rate
    samples = resample(samples, rate, RATES[codec], folder)
    if codec == "secured":
        return Opus().coded(samples, RATES[codec], RATES[codec], SECURED_OPUS), RATES[codec]
    if codec == "secured-10":
        return Opus().coded(samples, RATES[codec], RATES[codec], SECURED_OPUS_10, milliseconds=10), RATES[codec]
    if codec == "G722":
        coder, decoder = G722(16000, 64000), G722(16000, 64000)
        octets = coder.encode(samples[: len(samples) // 2 * 2].astype(int).tolist())
        return numpy.array(decoder.decode(octets), dtype=numpy.int16), 16000
    kind = {"PCMU": "mu-law", "PCMA": "a-law"}[codec]
    coded = f"{folder}/{kind}.wav"
    write(f"{coded}.in.wav", samples, 8000)
    sox(f"{coded}.in.wav", "-e", kind, coded)
    sox(coded, "-e", "signed-integer", "-b", "16", f"{coded}.out.wav")
    return read(f"{coded}.out.wav")


def chain(path, codecs, folder):
    """The clip after the phone's codec and, where there is another, the exchange's."""
    samples, rate = read(path)
    for step, codec in enumerate(codecs):
        following = codecs[step + 1] if step + 1 < len(codecs) else None
        if step == 0:
            samples, rate = resample(samples, rate, RATES[codec], folder), RATES[codec]
        samples, rate = hop(samples, rate, codec, following, step == 0, folder)
    return samples, rate
