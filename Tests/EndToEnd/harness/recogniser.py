"""Who listens and says which of some sentences was spoken: pocketsphinx, with the English of Debian's package."""

import math
import os
import re
import subprocess

MODEL = "/usr/share/pocketsphinx/model/en-us"
# As wide as can be: whatever is heard, a sentence is chosen, and not silence.
BEAMS = [word for name in ("-beam", "-wbeam", "-pbeam") for word in (name, "1e-200")]


def choices(recordings, sentences, folder):
    """Which sentence each WAV file (16 bits, mono, 16 kHz) is taken for, by its place; None for none of them."""
    words = [re.sub("[^a-z ]", "", sentence.lower()) for sentence in sentences]
    with open(f"{folder}/sentences.jsgf", "w") as file:
        file.write("#JSGF V1.0;\ngrammar sentences;\npublic <sentence> = " + " | ".join(words) + ";\n")
    with open(f"{folder}/recordings.ctl", "w") as file:
        file.writelines(f"{os.path.abspath(path)[1:-4]}\n" for path in recordings)
    command = ["pocketsphinx_batch", "-hmm", f"{MODEL}/en-us", "-dict", f"{MODEL}/cmudict-en-us.dict", "-jsgf",
               f"{folder}/sentences.jsgf", "-adcin", "yes", "-adchdr", "44", "-cepdir", "/", "-cepext", ".wav",
               "-ctl", f"{folder}/recordings.ctl", "-hyp", f"{folder}/heard", *BEAMS]
    with open(f"{folder}/recogniser.log", "wb") as log:
        subprocess.run(command, stdout=log, stderr=log, check=True)
    with open(f"{folder}/heard") as file:
        lines = file.read().splitlines()
    assert len(lines) == len(recordings), f"{len(lines)} of {len(recordings)} recordings were listened to"
    heard = [line.rsplit("(", 1)[0].strip() for line in lines]
    return [words.index(text) if text in words else None for text in heard]


def chance_of(hits, tries, sentences):
    """How likely it is to hit so often or more by guessing."""
    return sum(math.comb(tries, k) * (1 / sentences) ** k * (1 - 1 / sentences) ** (tries - k)
               for k in range(hits, tries + 1))
