"""One row of a stopped node's store, changed behind its back, through RocksDB's C interface."""
import ctypes
import ctypes.util
import os


class Library:
    """rocksdb_<name>(arguments ..., char **error), for functions that give a pointer or nothing."""

    def __init__(self):
        self.dll = ctypes.CDLL(ctypes.util.find_library("rocksdb"))

    def call(self, name, *args, checked=True):
        function = getattr(self.dll, "rocksdb_" + name)
        function.restype = ctypes.c_void_p
        error = ctypes.c_char_p()
        result = function(*args, *([ctypes.byref(error)] if checked else []))
        assert error.value is None, error.value
        return ctypes.c_void_p(result)


def put(data_dir, family, key, value):
    rocks = Library()
    path = os.path.join(data_dir, "store").encode()
    options = rocks.call("options_create", checked=False)
    write = rocks.call("writeoptions_create", checked=False)
    count = ctypes.c_size_t()
    listed = rocks.call("list_column_families", options, path, ctypes.byref(count))
    n = count.value
    names = ctypes.cast(listed, ctypes.POINTER(ctypes.c_char_p))
    handles = (ctypes.c_void_p * n)()
    all_options = (ctypes.c_void_p * n)(*[options.value] * n)
    db = rocks.call("open_column_families", options, path, ctypes.c_int(n), names, all_options,
                    handles)
    at = [names[i] for i in range(n)].index(family.encode())
    rocks.call("put_cf", db, write, ctypes.c_void_p(handles[at]), key, ctypes.c_size_t(len(key)),
               value, ctypes.c_size_t(len(value)))
    for handle in handles:
        rocks.call("column_family_handle_destroy", ctypes.c_void_p(handle), checked=False)
    rocks.call("close", db, checked=False)
