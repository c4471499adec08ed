/// A short authentication string: 24 bits that both ends show as three words, and that differ where someone sits between
/// them. People read them out to each other.
public struct AuthenticationWords: Hashable, Sendable {
  /// One octet a word.
  public let bytes: [UInt8]

  /// `bytes` are three.
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Such as "piano walnut island".
  @export(interface)
  public var text: String {
    bytes.map { Self.list[Int($0)] }.joined(separator: " ")
  }

  /// 256 words in the order of the alphabet. No two begin with the same three letters, and three letters at least have to
  /// change to make one of another.
  public static let list: [String] = text.split(separator: " ").map { String($0) }

  private static let text =
    "agent airport alarm amber anchor ankle april arcade armchair artist atlas attic autumn badge bagpipe bamboo "
    + "banjo barrel basket bathtub beacon bedroom bicycle biscuit blossom bonfire border bottle bracelet brick brother "
    + "bubble buffalo butter cabbage cactus calendar camel canyon captain caravan castle cement chalk cherry chimney "
    + "cinema circus clarinet clover cobweb coconut coffee compass cookie copper coral cottage cowboy cradle cricket "
    + "crystal cupboard cushion cyclone daisy dancer daylight december dentist desert diamond doctor dolphin donkey "
    + "dragon drummer dusk eagle earring easter eclipse elbow elephant emerald engine envelope equator evening factory "
    + "falcon farmer feather festival fiddle finger fjord flamingo flute football forest fossil fountain freckle friday "
    + "funnel galaxy garden geyser ghost giraffe glacier goblin gondola grape grotto guitar harbour hedgehog helmet "
    + "hiking horizon hospital hotel hydrant iceberg igloo infant insect island item ivory jaguar jelly jigsaw journey "
    + "jungle kangaroo kayak kingdom kitchen koala ladder lantern launch lavender lemon leopard library limerick lizard "
    + "lobster locket lollipop magnet marble meadow medal mermaid mirror moose morning mosaic museum napkin necklace "
    + "needle nephew nickel ninety november nutmeg oasis ocean october office onion opera orchid ostrich pagoda painter "
    + "palace parrot pelican pencil petrol piano picnic pilot pirate planet plumber poppy porridge postman potato "
    + "pudding pumpkin puppet purple pyramid quartz question quilt rabbit radish railway raven rhubarb ribbon robot "
    + "rugby sailor salad sandal saturn school seaweed shepherd shrimp silver skeleton snail spider squirrel stadium "
    + "taxi teapot thimble thunder tractor treasure trumpet tulip twilight umbrella unicorn vacuum valley vanilla "
    + "vessel village vineyard violin visitor volcano voyage waffle walnut whisper willow yacht yogurt zebra zenith"
}
