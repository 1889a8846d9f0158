# SPDX-License-Identifier: Apache-2.0
# tl_options: what every target of ours is compiled with. Warnings are errors.
add_library(tl_options INTERFACE)
target_compile_definitions(tl_options INTERFACE _GNU_SOURCE TL_VERSION="${PROJECT_VERSION}")
set(tl_warnings -Wall -Wextra -Werror -Wshadow -Wconversion -Wformat=2 -Wvla -Wcast-align -Wwrite-strings
    -Wundef -Wpointer-arith -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough)
set(tl_warnings_c -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wswitch-enum)
target_compile_options(tl_options INTERFACE ${tl_warnings} $<$<COMPILE_LANGUAGE:C>:${tl_warnings_c}>
                                            -fno-omit-frame-pointer -fstack-protector-strong)
if(TL_SANITIZE)
  target_compile_options(tl_options INTERFACE -fsanitize=${TL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(tl_options INTERFACE -fsanitize=${TL_SANITIZE})
else()
  target_compile_options(tl_options INTERFACE $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2 -fstack-clash-protection
                                              -fcf-protection>)
endif()
if(TL_FUZZ)
  target_compile_options(tl_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_options(tl_options INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT TL_SANITIZE)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT tl_lto LANGUAGES C CXX)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${tl_lto})
endif()
# asserts stay on in every build: they have negative cost
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
