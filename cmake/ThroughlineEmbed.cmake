# SPDX-License-Identifier: Apache-2.0
# tl_embed(TARGET NAME FILE): FILE's bytes as `const unsigned char NAME[]` and `const size_t NAME_len` in TARGET.
function(tl_embed target name file)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.c)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${out} -DNAME=${name} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${file} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
