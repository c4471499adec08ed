/// The version of everything in this repository (semver.org).
public let sottoVersion = "0.1.0"
