# Writes a C++ file that holds another file's bytes: cmake -DIN=… -DOUT=… -DNAME=kName -P embed.cmake
file(READ ${IN} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "#include \"http/assets.h\"\n\nnamespace freshet {\nnamespace {\n"
  "constexpr unsigned char kBytes[] = {${bytes}};\n}\n"
  "const std::string_view ${NAME}{reinterpret_cast<const char*>(kBytes), sizeof kBytes};\n}\n")
