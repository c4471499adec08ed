#!/usr/bin/env python3
"""cross/fetch and cross/newer against a small signed mirror on loopback: what they promise, and one line for each thing
that goes wrong."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from mirror import Key, Mirror, Server

CROSS = pathlib.Path(__file__).resolve().parents[2] / "cross"
FETCH = CROSS / "fetch"


class Fetching(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="sotto-fetch-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        cls.key = Key(cls.shared / "key")
        cls.addClassCleanup(cls.key.close)
        cls.stranger = Key(cls.shared / "stranger")
        cls.addClassCleanup(cls.stranger.close)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.shared))
        self.mirror = Mirror(self.folder / "mirror", self.key)
        self.server = Server(self.folder / "mirror")
        self.addCleanup(self.server.close)
        self.url, self.keyring, self.cache = self.server.url, self.key.keyring, self.folder / "cache"

    def fetch(self, text, before=()):
        """Runs cross/fetch on a list; returns the result with `folder` set where it succeeded."""
        listed = self.folder / "things.list"
        listed.write_text(text)
        result = self.run_with_mirror(*before, FETCH, listed, "armhf")
        result.folder = pathlib.Path(result.stdout.strip())
        return result

    def run_with_mirror(self, *command):
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment.update(DEBIAN_MIRROR=self.url, DEBIAN_KEYRING=str(self.keyring), XDG_CACHE_HOME=str(self.cache))
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def newer(self, *packages):
        """Runs cross/newer on a bill of (name, version, architecture)."""
        bill = self.folder / "bill.cdx.json"
        bill.write_text(json.dumps({"components": [{"purl": "pkg:swift/github.com/apple/swift-tone@1"}] + [
            {"purl": f"pkg:deb/debian/{name}@{version}?arch={architecture}&distro=trixie"}
            for name, version, architecture in packages]}))
        return self.run_with_mirror(CROSS / "newer", bill)

    def succeeds(self, text):
        result = self.fetch(text)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def fails(self, text, *words, before=()):
        """It ends with 1 and one line that has all these words, and leaves nothing half made."""
        result = self.fetch(text, before)
        self.assertEqual(result.returncode, 1, result.stderr)
        faults = [line for line in result.stderr.splitlines() if not line.startswith("fetching ")]
        self.assertEqual(len(faults), 1, result.stderr)
        for word in words:
            self.assertIn(word, faults[0])
        self.assertEqual(list((self.cache / "sotto").glob("things-*")), [])

    def test_unpacks_packages_into_one_tree_and_names_them_in_the_manifest(self):
        folder = self.succeeds("tone # a comment\ndial\n").folder
        self.assertTrue((folder / "root/usr/lib/tone").is_file())
        self.assertTrue((folder / "root/lib/dial").is_file(), "lib is a link into usr")
        lines = (folder / "manifest").read_text().splitlines()
        self.assertEqual([line.split("\t")[:3] for line in lines], [["dial", "1.0", "armhf"], ["tone", "1.0", "armhf"]])

    def test_a_second_run_needs_no_network(self):
        first = self.succeeds("tone\n")
        seen = self.server.requests
        second = self.succeeds("# the order and the comments do not matter\ntone\n")
        self.assertEqual((second.folder, self.server.requests), (first.folder, seen))

    def test_another_list_is_another_folder_and_shares_the_files(self):
        first = self.succeeds("tone\n")
        self.server.truncated = "tone"
        second = self.succeeds("tone\ndial\n")
        self.assertNotEqual(first.folder, second.folder)

    def test_a_metapackage_stands_for_what_it_depends_on(self):
        folder = self.succeeds("@phone\n").folder
        self.assertEqual(sorted(path.name for path in (folder / "root/usr/lib").iterdir()), ["dial", "tone"])

    def test_a_source_package_has_debians_patches(self):
        folder = self.succeeds("src:bell\n").folder
        self.assertEqual((folder / "src/bell/ring.c").read_text(), "loud\n")

    def test_a_source_package_without_debians_part_is_used_and_said(self):
        (self.folder / "mirror/debian/pool/bell_2-1.debian.tar.xz").unlink()
        result = self.succeeds("src:bell\n")
        self.assertEqual((result.folder / "src/bell/ring.c").read_text(), "quiet\n")
        self.assertIn("without Debian's patches", result.stderr)
        self.assertIn("# bell made without", (result.folder / "manifest").read_text())

    def test_a_missing_security_index_is_said(self):
        shutil.rmtree(self.folder / "mirror/debian-security")
        result = self.succeeds("tone\n")
        self.assertIn("warning", result.stderr)
        self.assertIn("# made without trixie-security", (result.folder / "manifest").read_text())

    def test_a_spoilt_file_in_the_cache_is_fetched_again(self):
        first = self.succeeds("tone\n")
        [cached] = (self.cache / "sotto/files").glob("tone*")
        whole = cached.read_bytes()
        cached.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        shutil.rmtree(first.folder)
        self.succeeds("tone\n")
        self.assertEqual(cached.read_bytes(), whole)

    def test_a_mirror_that_answers_404(self):
        shutil.rmtree(self.folder / "mirror/debian")
        self.fails("tone\n", "does not carry", "DEBIAN_MIRROR")

    def test_a_package_that_the_mirror_lost(self):
        (self.folder / "mirror/debian/pool/tone_1.0_armhf.deb").unlink()
        self.fails("tone\n", "does not carry", "tone_1.0_armhf.deb", "404")

    def test_a_mirror_that_is_not_there(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/debian"
            self.fails("tone\n", "cannot be reached", "DEBIAN_MIRROR")

    def test_a_mirror_whose_name_is_unknown(self):
        self.url = "http://mirror.invalid/debian"
        self.fails("tone\n", "cannot be reached", "DEBIAN_MIRROR")

    def test_a_truncated_package(self):
        self.server.truncated = "tone_1.0"
        self.fails("tone\n", "broken download", "tone_1.0_armhf.deb", "again")

    def test_a_package_with_one_bit_changed(self):
        path = self.folder / "mirror/debian/pool/tone_1.0_armhf.deb"
        data = bytearray(path.read_bytes())
        data[-100] ^= 1
        path.write_bytes(data)
        self.fails("tone\n", "broken download", "tone_1.0_armhf.deb")

    def test_an_index_changed_after_it_was_signed(self):
        path = self.folder / "mirror/debian/dists/trixie/main/binary-armhf/Packages"
        path.write_bytes(path.read_bytes().replace(b"Version: 1.0", b"Version: 9.9"))
        path.with_suffix(".gz").unlink()
        self.fails("tone\n", "broken download", "index")

    def test_an_index_signed_by_a_stranger(self):
        self.keyring = self.stranger.keyring
        self.fails("tone\n", "not signed by a key", "debian-archive-keyring")

    def test_an_index_without_signature(self):
        (self.folder / "mirror/debian/dists/trixie/InRelease").unlink()
        self.fails("tone\n", "not signed", "debian-archive-keyring")

    def test_a_missing_keyring(self):
        self.keyring = self.folder / "none.gpg"
        self.fails("tone\n", "debian-archive-keyring")

    def test_a_name_that_debian_does_not_have(self):
        self.fails("tone\ntelegraph\n", "things.list", "telegraph")

    def test_a_source_name_that_debian_does_not_have(self):
        self.fails("src:telegraph\n", "things.list", "telegraph")

    def test_newer_versions_are_listed_with_their_suite(self):
        self.succeeds("tone\ndial\n")
        bill = ("tone", "1.0", "armhf"), ("dial", "1.0", "armhf"), ("bell", "2-1", "source")
        result = self.newer(*bill)
        self.assertEqual((result.returncode, result.stdout), (0, "0 of 3 packages have a newer version\n"), result.stderr)
        self.mirror.mend("tone", "1.0+deb13u1")
        result = self.newer(*bill, ("bell", "2", "source"), ("lost", "1%3A1", "armhf"))
        self.assertEqual((result.returncode, result.stdout.splitlines()), (1, [
            "bell source: 2, newer is 2-1 in trixie",
            "lost armhf: 1:1, and the mirror has none any more",
            "tone armhf: 1.0, newer is 1.0+deb13u1 in trixie-security",
            "2 of 5 packages have a newer version"]), result.stderr)
        shutil.rmtree(self.folder / "mirror/debian-security")
        result = self.newer(*bill)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("no whole index of trixie-security", result.stderr)

    def test_newer_versions_need_a_bill_and_something_fetched(self):
        result = self.run_with_mirror(CROSS / "newer", self.folder / "none.cdx.json")
        self.assertIn("none.cdx.json is no bill of materials", result.stderr)
        result = self.newer(("tone", "1.0", "armhf"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("nothing was fetched for armhf yet", result.stderr)

    def test_a_full_disk(self):
        small = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                 'mount -t tmpfs -o size="$SIZE" tmpfs "$XDG_CACHE_HOME" && exec "$@"', "sh")
        self.cache.mkdir()
        if subprocess.run([*small[:4], "mount", "-t", "tmpfs", "tmpfs", self.cache], capture_output=True).returncode:
            self.skipTest("no mount in a user namespace here")
        # Too small for apt's state, for the package, for what is in it.
        for size in ("8k", "100k", "240k"):
            with self.subTest(size=size):
                os.environ["SIZE"] = size
                self.fails("tone\n", "space", "XDG_CACHE_HOME", before=small)


if __name__ == "__main__":
    unittest.main()
