"""The instruments themselves: phones that call each other without an exchange, and a measure that can fail."""

from harness import speech
from harness.phone import Phone
from harness.promise import Promises

chapter = Promises("instruments")
FRAME = speech.RATE // 50


@chapter.promise("two phones without an exchange hear each other as the codec alone would sound")
def direct(office):
    phones = {}
    for name, says in (("a", "first"), ("b", "second")):
        host = office.host(name)
        phones[name] = office.runs(Phone(host, f"{office.folder}/{name}", name, host.ipv4, office.clip(says),
                                         ";regint=0;audio_codecs=PCMU")).started()
    phones["a"].dial(f"sip:b@{phones['b'].host.ipv4}")
    phones["b"].expect("CALL_INCOMING")
    phones["b"].answer()
    phones["b"].expect("CALL_CLOSED", 20)
    return "; ".join(office.compare(*each, ["PCMU"]) for each in (("first", phones["b"]), ("second", phones["a"])))


@chapter.promise("the measure finds a frame that is {0}", each=["lost", "silent", "repeated", "swapped with the next"])
def fault(office, kind):
    perfect = speech.words(speech.samples(speech.through(office.clip("first"), ["PCMU"], office.folder)))
    frames = perfect[: len(perfect) // FRAME * FRAME].reshape(-1, FRAME)
    loud = [i for i in range(10, len(frames) - 10)
            if min((frames[j] ** 2).mean() ** 0.5 for j in (i - 1, i, i + 1)) > 1000]
    assert len(loud) > 50, "the clip holds less than a second of loud speech"
    assert not speech.gaps(perfect, perfect)
    for i in loud[::25]:
        heard = frames.copy()
        if kind == "silent":
            heard[i] = 0
        elif kind == "lost":
            heard[i:-1] = frames[i + 1 :]
        elif kind == "repeated":
            heard[i] = frames[i - 1]
        else:
            heard[[i, i + 1]] = frames[[i + 1, i]]
        assert speech.gaps(frames.ravel(), heard.ravel()), f"not found at {i / 50} s"


@chapter.promise("the measure tells one codec from two")
def chain(office):
    clip = office.clip("first")
    reference = speech.words(speech.samples(clip))
    once, twice = (speech.score(reference, speech.words(speech.samples(speech.through(clip, codecs, office.folder))))
                   for codecs in (["PCMU"], ["PCMU", "PCMA"]))
    assert once > twice + 0.05, f"PESQ {once:.3f} and {twice:.3f}"
    return f"PESQ {once:.3f} and {twice:.3f}"
