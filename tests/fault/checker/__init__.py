# SPDX-License-Identifier: Apache-2.0
"""The checker: customers, gateways and desks from outside, faults in between, and a verdict from what clients saw and what Redis holds."""
