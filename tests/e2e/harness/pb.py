# SPDX-License-Identifier: Apache-2.0
"""The contract as Python classes, made from the .proto files when first imported: `pb.Event`, `pb.DeskCommand` ...

Every message of throughline.v1 is an attribute of this module; so is every enum value's number (pb.CHANNEL_SMS).
"""
import glob
import importlib
import os
import subprocess
import sys
import tempfile

from google.protobuf import json_format

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))


def _generate():
    out = tempfile.mkdtemp(prefix="throughline-pb-")
    protos = sorted(glob.glob(os.path.join(ROOT, "proto/throughline/v1/*.proto")))
    subprocess.run(["protoc", f"-I{ROOT}/proto", f"--python_out={out}", *protos], check=True)
    sys.path.insert(0, out)
    modules = [importlib.import_module(f"throughline.v1.{os.path.basename(p)[:-6]}_pb2") for p in protos]
    subprocess.run(["rm", "-rf", out], check=True)
    return modules


for _module in _generate():
    _file = _module.DESCRIPTOR
    for _name in _file.message_types_by_name:
        globals()[_name] = getattr(_module, _name)
    for _enum in _file.enum_types_by_name.values():
        globals()[_enum.name] = getattr(_module, _enum.name)
        for _value in _enum.values:
            globals()[_value.name] = _value.number


def to_json(message):
    return json_format.MessageToJson(message, indent=None)


def from_json(text, message):
    """Strict: a field that the contract does not know is an error."""
    return json_format.Parse(text, message)
