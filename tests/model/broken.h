// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_MODEL_BROKEN_H
#define THROUGHLINE_TESTS_MODEL_BROKEN_H

// A router with one fault, to see it found and shrunk: model.c and futures.c are compiled to call these instead.

enum broken {
    BROKEN_EFFECT, // once somebody has snoozed work and then gone away, offers stand a millisecond longer
    BROKEN_STATE,  // it finds itself ill with two conversations in wrap-up
    BROKEN_FUTURE, // restored while work is snoozed, it offers nothing
};

extern enum broken broken;

#endif
