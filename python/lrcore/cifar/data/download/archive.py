"""The two official archives, and the hashes of their files."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CHUNK_BYTES = 1 << 18


@dataclass(frozen=True)
class Archive:
    """A .tar.gz with the six batch files of one layout.

    Args:
        name: Its official file name.
        size: Its bytes.
        sha256: Its SHA-256, in lower-case hexadecimal.
        folder: The folder inside.
        algorithm: The hash by which the files inside are known, such as "md5".
        members: That hash of each batch file by its name.
    """

    name: str
    size: int
    sha256: str
    folder: str
    algorithm: str
    members: Mapping[str, str] = field(hash=False)

    def check(self, folder: Path) -> None:
        """Compare the batch files in a folder with those of the archive.

        Raises:
            ValueError: One is missing or differs.
            OSError: One cannot be read.
        """
        for name, expected in self.members.items():
            path = folder / name
            if not os.path.lexists(path):
                raise ValueError(f"{name} is missing")
            if (found := digest(path, self.algorithm)) != expected:
                raise ValueError(f"{name} is damaged: its {self.algorithm.upper()} is {found}, not {expected}")

    def extract(self, path: Path, folder: Path) -> None:
        """Take the batch files out of the archive by their exact names: no other path in it is ever written.

        Raises:
            ValueError: The archive does not hold them all.
            OSError: It cannot be read, or the folder cannot be written.
        """
        names = {f"{self.folder}/{name}": name for name in self.members}
        with tarfile.open(path, "r:gz") as tar:
            for member in tar:  # in one pass: to go back means to decompress from the start
                if member.name in names and (content := tar.extractfile(member)):
                    with content, (folder / names[member.name]).open("wb") as file:
                        shutil.copyfileobj(content, file)
        try:
            self.check(folder)
        except ValueError as error:
            raise ValueError(f"what came out of {path} is not CIFAR-10: {error}") from None


def digest(path: Path, algorithm: str) -> str:
    """A file's hash in lower-case hexadecimal."""
    made = hashlib.new(algorithm, usedforsecurity=False)  # a machine in FIPS mode refuses MD5 otherwise
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            made.update(chunk)
    return made.hexdigest()


BINARY = Archive(
    name="cifar-10-binary.tar.gz",
    size=170_052_171,
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    folder="cifar-10-batches-bin",
    algorithm="sha256",
    members={
        "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
        "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
        "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
        "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
        "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
        "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    },
)

# The MD5s are torchvision's: SHA-256s of these files are published nowhere. They are read without unpickling anything
# that could act, so that even a forged file could do no more than hold other images.
PYTHON = Archive(
    name="cifar-10-python.tar.gz",
    size=170_498_071,
    sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    folder="cifar-10-batches-py",
    algorithm="md5",
    members={
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
    },
)
