"""A card whose data partition was damaged: repaired, begun anew with the backup, or reset, each time by an emulated board."""

import os
import shutil
import subprocess

from harness.board import Board, image
from harness.exchange import DOMAIN, Extension
from harness.process import until
from harness.promise import Promises

chapter = Promises("power")
DATA = 196 << 20  # where the card's data partition lies
SIZE = 1 << 30  # of the card
GROUP = 128 << 20  # of an ext4: some begin with a copy of the superblock
CONFIGURATION = (f"domain: {DOMAIN}\nsip:\n  listen: [\"udp://0.0.0.0:5060\", \"tls://0.0.0.0:5061\"]\n"
                 f"extensions:\n{Extension('1001').yaml()}")


class Card:
    """The card of one box, from one start to the next."""

    def __init__(self, office):
        self.office, self.path, self.starts = office, f"{office.folder}/card.img", 0
        shutil.copyfile(image("cubieboard"), self.path)
        os.truncate(self.path, SIZE)

    def start(self, *said):
        """Boots until the exchange is ready and all of `said` was told on the console; ends when it was written to the card."""
        self.starts += 1
        folder = f"{self.office.folder}/{self.starts}"
        os.makedirs(folder)
        box = self.office.runs(Board("cubieboard", folder, CONFIGURATION, "--card", self.path))
        box.ready()
        until(lambda: self.fat("sotto-backup.tgz") and self.authority(), 60, "backup and certificate are on the card")
        log = box.log()
        box.stop()
        for line in said:
            assert f"sotto: {line}" in log, f"the console never said {line!r}:\n{log[-3000:]}"
        return log

    def fat(self, name):
        """A file of the FAT partition; empty where there is none."""
        return subprocess.run(["mtype", "-i", f"{self.path}@@4M", f"::/{name}"], capture_output=True,
                              env={**os.environ, "MTOOLS_SKIP_CHECK": "1"}).stdout

    def put(self, name):
        subprocess.run(["mcopy", "-i", f"{self.path}@@4M", os.devnull, f"::/{name}"], check=True,
                       env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})

    def data(self, file):
        """A file of the data partition; empty where there is none."""
        return subprocess.run(["/sbin/debugfs", "-R", f"cat {file}", f"{self.path}?offset={DATA}"],
                              capture_output=True).stdout

    def authority(self):
        """The certificate by which phones trust this box."""
        return self.data("/exchange/tls/authority.pem")

    def overwrite(self, *starts):
        """Writes nonsense over 64 KiB of the data partition at each place."""
        with open(self.path, "r+b") as card:
            for start in starts:
                card.seek(DATA + start)
                card.write(os.urandom(1 << 16))


@chapter.promise("a damaged data partition is repaired, one beyond repair begins anew with the backup, and a reset forgets all")
def damaged(office):
    card = Card(office)
    card.start()
    first = card.authority()
    # The superblock and the groups' descriptors: there are copies of both.
    card.overwrite(0)
    card.start("the data partition is damaged, and is being repaired", "the data partition is repaired")
    assert card.authority() == first, "the repaired partition lost the certificate"
    card.overwrite(*range(0, SIZE - DATA, GROUP))
    card.start("THE DATA PARTITION IS BEYOND REPAIR, and is begun anew", "the backup of 20")
    assert card.authority() == first, "the backup did not bring the certificate back"
    card.put("factory-reset")
    card.start("reset: all that was stored here is gone")
    assert card.authority() != first, "the reset kept the certificate"
    assert not subprocess.run(["mdir", "-i", f"{card.path}@@4M", "::/factory-reset"], capture_output=True).returncode == 0
    return f"{card.starts} starts"
