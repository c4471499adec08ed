// swift-tools-version: 6.2
import PackageDescription

// The exchange compiles as ordinary Swift (tests, debugging) and as Embedded Swift (what ships);
// docs/architecture.md says which module may lean on which.
let swiftSettings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: swiftSettings)
}

let package = Package(
  name: "sotto",
  products: [
    .executable(name: "sotto", targets: ["sotto"]),
    .executable(name: "sotto-image", targets: ["sotto-image"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    // C libraries: headers and static-inline helpers only.
    .target(name: "CLinux"),
    .target(name: "CUring", linkerSettings: [.linkedLibrary("uring")]),
    .target(name: "CTLS", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .target(name: "CWebSockets", dependencies: ["CTLS"], linkerSettings: [.linkedLibrary("websockets")]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
    .systemLibrary(name: "CMnl", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
    .systemLibrary(name: "CCares", pkgConfig: "libcares", providers: [.apt(["libc-ares-dev"])]),
    .systemLibrary(name: "CSRTP", pkgConfig: "libsrtp2", providers: [.apt(["libsrtp2-dev"])]),
    .systemLibrary(name: "COpus", pkgConfig: "opus", providers: [.apt(["libopus-dev"])]),
    .systemLibrary(name: "CMath"),
    .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
    .systemLibrary(name: "CALSA", pkgConfig: "alsa", providers: [.apt(["libasound2-dev"])]),
    .systemLibrary(name: "CSpeexDSP", pkgConfig: "speexdsp", providers: [.apt(["libspeexdsp-dev"])]),

    // The exchange, from the ground up.
    library("Platform", ["CALSA", "CCares", "CLinux", "CTLS", "CUring", "CWebSockets", "DNS", "Wire"]),
    library("Wire"),
    library("Slots", ["Wire"]),
    library("Updates", ["Crypto", "Slots", "Wire"]),
    library("DNS", ["Wire"]),
    library("STUN", ["Wire", "Crypto"]),
    library("Numbering", ["Wire"]),
    library("Crypto", ["COpenSSL"]),
    library("Codecs", ["COpus", "CSpeexDSP"]),
    library("SRTP", ["CSRTP", "Crypto"]),
    library("SecureVoice", ["Codecs", "Crypto", "Wire"]),
    library("QRCode", ["CQREncode"]),
    library("VoiceKey", ["CMath", "CSpeexDSP", "Crypto", "Wire"]),
    library("VoiceReport", ["CMath", "Codecs", "RTP", "SecureVoice", "Wire"]),
    library("Delay", ["CMath", "VoiceReport"]),
    library("RTP", ["Wire"]),
    library("SDP", ["Crypto", "Wire"]),
    library("SIP", ["Wire", "Crypto", "DNS", .product(name: "HeapModule", package: "swift-collections")]),
    library("Configuration", ["Numbering", "Wire", "CYAML"]),
    library("KernelRelay", ["CLinux", "CMnl", "Platform", "Wire"]),
    library("Media", ["RTP", "SRTP", "STUN", "Codecs", "Crypto", "KernelRelay", "Wire", "Platform"]),
    library(
      "PBX",
      [
        "SIP", "STUN", "SDP", "DNS", "Media", "Codecs", "CallDoctor", "Configuration", "Numbering", "Wire", "Crypto",
        .product(name: "HeapModule", package: "swift-collections"),
      ]),
    library("Phone", ["Codecs", "Crypto", "RTP", "SDP", "SIP", "SRTP", "SecureVoice", "Wire"]),
    library(
      "Handset",
      [
        "Codecs", "Configuration", "Console", "Crypto", "DNS", "Delay", "Numbering", "Phone", "Platform", "SDP", "SIP",
        "SecureVoice", "VoiceKey", "Wire",
      ]),
    library("CallDoctor", ["Wire"]),
    library("Trace", ["SIP", "Wire"]),
    library("SNTP", ["Wire"]),
    library(
      "Console",
      [
        "Codecs", "Configuration", "Crypto", "Platform", "QRCode", "SNTP", "SecureVoice", "Slots", "Updates",
        "VoiceKey", "VoiceReport", "Wire", "CJansson",
      ]),
    library(
      "Daemon",
      [
        "PBX", "Media", "Codecs", "SIP", "DNS", "CallDoctor", "Trace", "Configuration", "Console", "Numbering",
        "Platform", "Wire", "Crypto",
      ]),
    library(
      "SelfTest",
      [
        "Codecs", "Configuration", "Console", "Crypto", "Numbering", "Platform", "RTP", "SDP", "SIP", "SRTP", "STUN",
        "SecureVoice", "Wire",
      ]),
    .executableTarget(
      name: "sotto",
      dependencies: ["Daemon", "Console", "Configuration", "Handset", "KernelRelay", "Platform", "SelfTest", "Wire"],
      swiftSettings: swiftSettings),

    // The build machine: ordinary Swift.
    library(
      "ImageBuilder",
      [
        "Configuration", "Crypto", "Slots", "Updates", "Wire",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ]),
    .executableTarget(
      name: "sotto-image",
      dependencies: [
        "ImageBuilder", "Configuration", "Crypto", "Updates",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),
    library("SimNet", ["Wire"]),
    library("TestSupport"),

    .target(
      name: "FuzzTargets",
      dependencies: [
        "KernelRelay", "Phone", "SIP", "SDP", "RTP", "DNS", "STUN", "SecureVoice", "Updates", "VoiceReport",
        "Configuration", "Codecs", "Crypto", "Wire",
      ],
      path: "Fuzz/Targets",
      swiftSettings: swiftSettings),

    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets"], exclude: ["inputs"], swiftSettings: swiftSettings),
    tests("WireTests", ["Wire"]),
    tests("SIPTests", ["SIP", "Wire"]),
    tests("NumberingTests", ["Numbering"]),
    tests("STUNTests", ["STUN", "Crypto", "Wire"]),
    tests("DNSTests", ["DNS", "SIP", "Crypto", "SimNet", "Wire"]),
    tests("SelfTestTests", ["SelfTest"]),
    tests(
      "DaemonTests", ["Daemon", "Console", "Configuration", "Crypto", "Media", "Phone", "Platform", "SIP", "Wire"]),
    tests("ConsoleTests", ["Console"]),
    tests("SNTPTests", ["SNTP", "Wire"]),
    tests("CallDoctorTests", ["CallDoctor", "Wire"]),
    tests("TraceTests", ["Trace", "SIP", "Wire"]),
    tests("DigestTests", ["SIP", "Crypto", "Wire"]),
    tests("SDPTests", ["SDP", "Crypto", "Wire"]),
    tests("ImageBuilderTests", ["ImageBuilder", "Configuration"]),
    tests("SlotsTests", ["Slots", "Wire"]),
    tests("UpdatesTests", ["Updates", "Slots", "Crypto", "Wire"]),
    tests("PlatformTests", ["Platform", "Wire"]),
    tests("CodecsTests", ["Codecs", "SimNet"]),
    tests("VoiceKeyTests", ["VoiceKey", "Crypto"]),
    tests("VoiceReportTests", ["VoiceReport", "Codecs", "Crypto", "RTP", "SecureVoice", "Wire"]),
    tests("DelayTests", ["Codecs", "Delay"]),
    tests("QRCodeTests", ["QRCode"]),
    tests("RTPTests", ["RTP", "Wire"]),
    tests("SRTPTests", ["SRTP", "Crypto", "COpenSSL", "Wire"]),
    tests("KernelRelayTests", ["KernelRelay", "Wire"]),
    tests(
      "MediaTests",
      ["Media", "KernelRelay", "RTP", "SRTP", "STUN", "Codecs", "Crypto", "Platform", "Wire"]),
    tests("CryptoTests", ["Crypto", "Wire"]),
    tests("SecureVoiceTests", ["SecureVoice", "SimNet", "Codecs", "Crypto", "Wire"]),
    tests("TransactionTests", ["SIP", "SimNet", "Crypto", "Wire"]),
    tests("RegistrarTests", ["PBX", "SIP", "SimNet", "Crypto", "Wire"]),
    tests(
      "PBXTests",
      [
        "PBX", "SIP", "STUN", "SDP", "DNS", "Media", "Codecs", "CallDoctor", "Configuration", "Numbering", "SimNet",
        "Crypto", "Wire",
      ]),
    tests(
      "PhoneTests",
      ["Phone", "SIP", "SDP", "RTP", "Codecs", "SecureVoice", "SimNet", "Crypto", "Wire"]),
    tests("SimNetTests", ["SimNet", "Wire"]),
    tests("ConfigurationTests", ["Configuration", "Numbering", "Wire"]),
  ],
  swiftLanguageModes: [.v6]
)

// `make fuzz` builds one program around all fuzz targets; libFuzzer brings its own main.
if Context.environment["SOTTO_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], path: "Fuzz/Driver",
      swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
