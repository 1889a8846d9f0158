# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests drive a daemon with: the daemon itself, and the three kinds of peers that it has."""
