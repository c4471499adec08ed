"""The exchange in a container: an image by sotto-image, unpacked by skopeo and umoci, run by runc on a device of the network."""

import json
import os
import subprocess

from .exchange import Exchange
from .process import Process

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILDER = f"{ROOT}/.build/debug/sotto-image"
USER = 1000
# What Docker's own profile keeps from a container, of what the exchange asks for.
SECCOMP = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["io_uring_setup", "io_uring_enter", "io_uring_register"], "action": "SCMP_ACT_ERRNO"}]}


def run(*command, **options):
    """Its output; an AssertionError with what it said where it failed."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr}{done.stdout}"
    return done.stdout


def make(binary, archive, where=ROOT):
    """Makes the image of one exchange in an archive; what the builder says of it."""
    return run(BUILDER, "oci", "--exchange", binary, "--example", f"{ROOT}/container/sotto.example.yaml",
               "--output", archive, cwd=where, env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})


def unpack(archive, folder):
    """A bundle for runc of an archive's image for this machine."""
    run("skopeo", "--insecure-policy", "copy", "--quiet", f"oci-archive:{archive}", f"oci:{folder}/layout:it")
    run("umoci", "unpack", "--image", f"{folder}/layout:it", f"{folder}/bundle")
    return f"{folder}/bundle"


class Container(Exchange):
    """As docs/container.md has it run: a read-only root, no capability, the configuration and /data mounted."""

    def __init__(self, host, folder, bundle, extensions=(), more=""):
        self.bundle, self.name = bundle, host.name
        os.makedirs(f"{folder}/state", exist_ok=True)
        for path in (folder, f"{folder}/state"):
            os.chown(path, USER, USER)
        super().__init__(host, folder, "/usr/bin/sotto", extensions, more)

    def start(self, *words):
        """Runs the image's command, or the exchange with these words."""
        with open(f"{self.bundle}/config.json") as file:
            spec = json.load(file)
        process = spec["process"]
        process["terminal"] = False
        process["args"] = [process["args"][0], *words] if words else process["args"]
        process["capabilities"] = {}
        spec["root"]["readonly"] = True
        network = {"type": "network", "path": f"/run/netns/{self.host.name}"}
        spec["linux"]["namespaces"] = [space for space in spec["linux"]["namespaces"]
                                       if space["type"] not in ("network", "user")] + [network]
        spec["linux"]["seccomp"] = SECCOMP
        here = ["/data", "/etc/sotto", "/run/sotto"]
        spec["mounts"] = [mount for mount in spec["mounts"] if mount["destination"] not in here] + [
            bind(f"{self.folder}/state", "/data"), bind(self.folder, "/etc/sotto", "ro"),
            {"type": "tmpfs", "source": "tmpfs", "destination": "/run/sotto", "options": ["nosuid", "nodev", "mode=1777"]}]
        with open(f"{self.bundle}/config.json", "w") as file:
            json.dump(spec, file)
        self.process = Process([*self.runc, "run", "--bundle", self.bundle, self.name], f"{self.folder}/log")

    @property
    def runc(self):
        return ["runc", "--root", f"{self.folder}/runc"]

    def asked(self, *arguments):
        done = subprocess.run([*self.runc, "exec", self.name, "sotto", *arguments], capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else None

    def facts(self):
        """What the kernel says of the first process in it."""
        pid = json.loads(run(*self.runc, "state", self.name))["pid"]
        with open(f"/proc/{pid}/status") as status:
            return {name: value.strip() for name, _, value in (line.partition(":") for line in status)}


def bind(source, destination, *options):
    return {"type": "none", "source": source, "destination": destination, "options": ["bind", "nosuid", "nodev", *options]}
