"""What several machines share: files under their hash, and who has made what, each said once.

One address (``OBSERVATORY_STORE``): a folder that all machines see, or ``s3://bucket/prefix``. It
is as private as a home. A manifest names files of a home by their path and hash; it is written
last and only where there is none, so that of two machines that made the same, one has.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url
from pydantic import TypeAdapter

from observatory.errors import DamagedFileError, InputError
from observatory.storage.integrity import replacing, sha256

BLOBS = "blobs"
# what a manifest may put into a home: nothing outside of it, and nothing that is run
SHARED_PATH = re.compile(
    r"^(?:(?:archive|work|audits)(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+|withheld\.csv|corrections\.csv)$"
)
HASH = re.compile(r"^[0-9a-f]{64}$")
FILES = TypeAdapter(dict[str, str])


class SharedStore:
    """The place that machines share; errors of it are told as the user's, by its address."""

    def __init__(self, address: str) -> None:
        self.address = address
        try:
            if "://" in address:
                self.store: ObjectStore = from_url(address)
            else:
                self.store = LocalStore(Path(address).expanduser().resolve(), mkdir=True)
        except (BaseError, ValueError, OSError) as error:
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> InputError:
        what = str(error).strip().split("\n", 1)[0][:200]
        return InputError(f"OBSERVATORY_STORE={self.address} cannot be used: {what}")

    def push(self, home: Path, paths: Iterable[Path]) -> dict[str, str]:
        """Keep files of a home under their hash; their hashes by their path in the home."""
        found = {path.relative_to(home).as_posix(): sha256(path) for path in sorted(set(paths))}
        try:
            for path, digest in found.items():
                if not self._holds(f"{BLOBS}/{digest}", (home / path).stat().st_size):
                    obstore.put(self.store, f"{BLOBS}/{digest}", home / path)
        except BaseError as error:
            raise self._unusable(error) from None
        return found

    def _holds(self, key: str, size: int) -> bool:
        """Whether a file is there whole; one that was torn is put there again."""
        try:
            return bool(obstore.head(self.store, key)["size"] == size)
        except (NotFoundError, FileNotFoundError):
            return False

    def pull(self, home: Path, files: dict[str, str]) -> None:
        """Put the files of a manifest into a home; those that are there already stay as they are.

        A file that did not come as it was kept is a DamagedFileError, and is in no home.
        """
        for path, digest in files.items():
            if not (SHARED_PATH.match(path) and HASH.match(digest)):
                msg = f"{self.address}: a manifest names {path[:80]!r}, which is no file of a home."
                raise InputError(msg)
            target = home / path
            if not (target.is_file() and sha256(target) == digest):
                self._fetch(digest, target)

    def content(self, digest: str) -> bytes:
        """A small file by its hash."""
        with tempfile.TemporaryDirectory() as folder:
            self._fetch(digest, Path(folder, "content"))
            return Path(folder, "content").read_bytes()

    def _fetch(self, digest: str, target: Path) -> None:
        try:
            with replacing(target) as fresh:
                found = hashlib.sha256()
                fresh.touch(mode=0o600)
                with fresh.open("wb") as file:
                    for chunk in obstore.get(self.store, f"{BLOBS}/{digest}").stream():
                        found.update(chunk)
                        file.write(chunk)
                if found.hexdigest() != digest:
                    what = f"{BLOBS}/{digest} is damaged (another hash)"
                    msg = f"{self.address}: {what}: remove it and share again."
                    raise DamagedFileError(msg)
        except (BaseError, FileNotFoundError) as error:
            raise self._unusable(error) from None

    def read(self, key: str) -> dict[str, str] | None:
        """The files of a manifest; None where it was not written."""
        try:
            content = bytes(obstore.get(self.store, f"{key}.json").bytes())
        except (NotFoundError, FileNotFoundError):
            return None
        except BaseError as error:
            raise self._unusable(error) from None
        try:
            return FILES.validate_python(json.loads(content))
        except ValueError:
            msg = f"{self.address}: {key}.json is damaged: remove it, what it names is made again."
            raise DamagedFileError(msg) from None

    def write_once(self, key: str, files: dict[str, str]) -> bool:
        """Say what was made; False where another has said it before, whose word stays."""
        return self._put(key, files, mode="create")

    def write(self, key: str, files: dict[str, str]) -> None:
        """Say what there is now, in place of what was."""
        self._put(key, files, mode="overwrite")

    def _put(self, key: str, files: dict[str, str], mode: Any) -> bool:
        content = json.dumps(files, sort_keys=True, indent=1).encode()
        try:
            obstore.put(self.store, f"{key}.json", content, mode=mode, use_multipart=False)
        except (AlreadyExistsError, FileExistsError):
            return False
        except BaseError as error:
            raise self._unusable(error) from None
        return True
