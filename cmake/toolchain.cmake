# Compiler, linker and sanitizer flags, one place for all targets.
find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers carry times and macros that ccache would otherwise take for changes.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers -Werror=return-type
                    -fstack-protector-strong)
# Precompiled headers and ccache agree only when the preprocessor's output is kept whole.
add_compile_options(-fpch-preprocess)
if(LAZARET_SANITIZE)
  # Left out of UBSan are checks that only foretell an access, which AddressSanitizer sees itself; they are nearly half of the
  # time that the compiler takes.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null,alignment,object-size,vptr -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=address,undefined)
  # Recycled coroutine frames would hide a use after free from AddressSanitizer.
  add_compile_definitions(BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
else()
  add_compile_definitions(_FORTIFY_SOURCE=2)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  add_link_options(-Wl,-z,relro,-z,now -pie)
endif()
