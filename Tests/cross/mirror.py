"""A Debian mirror of three small packages on loopback, signed by a key of its own, that can be told to misbehave."""

import gzip
import hashlib
import http.server
import os
import pathlib
import subprocess
import tarfile
import threading


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


class Key:
    """A signing key in a folder of its own, and the keyring that apt is to trust."""

    def __init__(self, folder):
        self.home = folder / "gnupg"
        self.home.mkdir(mode=0o700, parents=True)
        self.environment = {**os.environ, "GNUPGHOME": str(self.home)}
        run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "mirror@example.org", "ed25519", "sign",
            "never", env=self.environment)
        self.keyring = folder / "keyring.gpg"
        run("gpg", "--batch", "--output", str(self.keyring), "--export", env=self.environment)

    def sign(self, source, result):
        run("gpg", "--batch", "--yes", "--clearsign", "--output", str(result), str(source), env=self.environment)

    def close(self):
        run("gpgconf", "--homedir", str(self.home), "--kill", "all")


class Mirror:
    """The mirror's tree; `packages` maps a name to the fields that its control file adds."""

    def __init__(self, root, key):
        self.root, self.key = root, key
        for part in ("debian", "debian-security"):
            (root / part).mkdir(parents=True)
        pool = root / "debian/pool"
        pool.mkdir()
        debs = [self.deb(pool, "tone", ""), self.deb(pool, "dial", ""), self.deb(pool, "phone", "Depends: tone (>= 1), dial\n")]
        self.index("debian", "trixie", debs, self.source(pool))
        self.index("debian-security", "trixie-security", [], "")

    def mend(self, name, version):
        """Has the security part carry that version of a package."""
        pool = self.root / "debian-security/pool"
        pool.mkdir()
        self.index("debian-security", "trixie-security", [self.deb(pool, name, "", version)], "")

    def deb(self, pool, name, extra, version="1.0"):
        tree = self.root / "trees" / f"{name}-{version}"
        (tree / "DEBIAN").mkdir(parents=True)
        control = f"Package: {name}\nVersion: {version}\nArchitecture: armhf\nMaintainer: Nobody <n@example.org>\n{extra}Description: {name}\n"
        (tree / "DEBIAN/control").write_text(control)
        (tree / "usr/lib").mkdir(parents=True)
        (tree / "usr/lib" / name).write_bytes(os.urandom(200_000))
        path = pool / f"{name}_{version}_armhf.deb"
        run("dpkg-deb", "--root-owner-group", "-b", str(tree), str(path))
        return control + self.fields(path)

    def fields(self, path):
        data = path.read_bytes()
        return f"Filename: pool/{path.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n\n"

    def source(self, pool):
        tree = self.root / "trees/bell-2"
        tree.mkdir(parents=True)
        (tree / "ring.c").write_text("quiet\n")
        patches = self.root / "trees/debian/patches"
        patches.mkdir(parents=True)
        (patches / "series").write_text("# why\nlouder.patch\n")
        (patches / "louder.patch").write_text("--- a/ring.c\n+++ b/ring.c\n@@ -1 +1 @@\n-quiet\n+loud\n")
        with tarfile.open(pool / "bell_2.orig.tar.gz", "w:gz") as tar:
            tar.add(tree, "bell-2")
        with tarfile.open(pool / "bell_2-1.debian.tar.xz", "w:xz") as tar:
            tar.add(self.root / "trees/debian", "debian")
        (pool / "bell_2-1.dsc").write_text("never fetched\n")
        sums = ""
        for name in ("bell_2-1.dsc", "bell_2.orig.tar.gz", "bell_2-1.debian.tar.xz"):
            data = (pool / name).read_bytes()
            sums += f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}\n"
        return f"Package: bell\nBinary: bell\nVersion: 2-1\nFormat: 3.0 (quilt)\nDirectory: pool\nChecksums-Sha256:\n{sums}\n"

    def index(self, part, suite, packages, sources):
        dist = self.root / part / "dists" / suite
        files = {}
        for component in ("main", "non-free-firmware"):
            texts = ("".join(packages), sources) if component == "main" else ("", "")
            files[f"{component}/binary-armhf/Packages"] = texts[0].encode()
            files[f"{component}/source/Sources"] = texts[1].encode()
        release = f"Origin: Debian\nSuite: {suite}\nCodename: {suite}\nArchitectures: armhf\nComponents: main non-free-firmware\n"
        release += "Date: Sat, 01 Nov 2025 00:00:00 UTC\nSHA256:\n"
        for name, text in files.items():
            for suffix, data in (("", text), (".gz", gzip.compress(text, mtime=0))):
                path = dist / (name + suffix)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                release += f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}{suffix}\n"
        (dist / "Release").write_text(release)
        self.key.sign(dist / "Release", dist / "InRelease")


class Server:
    """Serves a folder on a free loopback port and counts the requests."""

    def __init__(self, root):
        server = self
        self.requests = 0
        self.truncated = None

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(root))

            def do_GET(self):
                server.requests += 1
                if server.truncated and server.truncated in self.path:
                    data = pathlib.Path(self.translate_path(self.path)).read_bytes()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data[: len(data) // 2])
                    self.close_connection = True
                    return
                super().do_GET()

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/debian"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
