"""Built indexes that are kept; the CPU seconds of the build, of all its threads, lie beside the index, in a .json file."""

import hashlib
import json
import os
import time


def kept(folder, variant, build, files):
    """(index, seconds of its build, path). `files` = (write(index, path), read(path)), to keep it and to get it back."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, hashlib.sha256(variant.encode()).hexdigest()[:16])
    note = path + ".json"
    write, read = files
    if os.path.exists(note):
        with open(note) as file:
            return read(path), json.load(file)["buildSeconds"], path
    begin = time.process_time()
    index = build()
    seconds = time.process_time() - begin
    write(index, path)
    with open(note, "w") as file:
        json.dump({"variant": variant, "buildSeconds": seconds}, file)
    return index, seconds, path


def bytes_below(path):
    """Of a file, or of all files of a folder."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(path) for name in names)
