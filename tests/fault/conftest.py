# SPDX-License-Identifier: Apache-2.0
import os
import sys

HERE = os.path.dirname(__file__)
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]
