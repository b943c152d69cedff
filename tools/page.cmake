# Puts the style into the page, so that a browser paints with its first answer, and writes the hash by which
# the page's Content-Security-Policy lets that style pass:
#   cmake -DPAGE=… -DSTYLE=… -DOUT=page.html -DHASH=… -P page.cmake
file(READ ${PAGE} page)
file(READ ${STYLE} style)
set(link "<link rel=\"stylesheet\" href=\"dashboard.css\">")
string(FIND "${page}" "${link}" found)
if(found EQUAL -1)
  message(FATAL_ERROR "${PAGE} has no ${link}")
endif()
string(REPLACE "${link}" "<style>${style}</style>" page "${page}")
file(WRITE ${OUT} "${page}")

string(SHA256 hex "${style}")
string(APPEND hex "00")  # 33 bytes are eleven times three
set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
set(base64 "")
foreach(at RANGE 0 60 6)
  string(SUBSTRING ${hex} ${at} 6 three)
  foreach(shift 18 12 6 0)
    math(EXPR digit "(0x${three} >> ${shift}) & 63")
    string(SUBSTRING ${alphabet} ${digit} 1 letter)
    string(APPEND base64 ${letter})
  endforeach()
endforeach()
string(SUBSTRING ${base64} 0 43 base64)  # what the zero byte gave is padding
file(WRITE ${HASH} "sha256-${base64}=")
