# SPDX-License-Identifier: Apache-2.0
import pytest

import harness


@pytest.fixture(scope="session")
def protos(tmp_path_factory):
    harness.make_protos(tmp_path_factory.mktemp("protos"))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    s = harness.Server(tmp_path_factory.mktemp("r"), "--appendonly", "no")
    yield s
    s.stop()


@pytest.fixture
def r(server, protos):
    connection = server.connect()
    connection.flushall()
    connection.function_flush()
    return connection


@pytest.fixture
def s(r):
    r.function_load(harness.library())
    return harness.Tenant(r)


@pytest.fixture
def faulty(r):
    r.function_load(harness.library(faults=True))
    return harness.Tenant(r)
