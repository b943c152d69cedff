#!/bin/sh
# Writes freshet-server's manual page, made of what `freshet-server --help` prints, to standard output.
#   tools/man.sh build/release/freshet-server > freshet-server.1
set -eu
help=$("$1" --help)
case $help in
  "freshet-server "*) ;;
  *) echo "man.sh: '$1 --help' did not print the options" >&2; exit 1 ;;
esac
printf '%s\n' "$help" | awk '
  # A leading dot or quote would be a request, a plain hyphen could become a dash.
  function text(line) {
    gsub(/\\/, "\\e", line); gsub(/-/, "\\-", line)
    return line ~ /^[.'"'"']/ ? "\\&" line : line
  }
  NR == 1 {
    version = $2; sub(/:$/, "", version)
    about = $0; sub(/^[^:]*: /, "", about)
    print ".TH FRESHET-SERVER 1 \"\" \"Freshet " version "\" \"User commands\""
    print ".SH NAME\nfreshet\\-server \\- " text(about)
    print ".SH SYNOPSIS"
    next
  }
  /^(Usage:)?  *freshet-server/ {
    sub(/^(Usage:)? */, "")
    print (synopsis++ ? ".br\n" : "") text($0)
    next
  }
  /^Options:/ { print ".SH OPTIONS"; in_options = 1; next }
  /^  --/ { sub(/^ */, ""); print ".TP\n.B " text($0); next }
  /^$/ { next }
  !in_options && !described++ { print ".SH DESCRIPTION" }
  { sub(/^ */, ""); print text($0) }
'
cat <<'EOF'
.SH FILES
.I freshet.conf
.br
Every option, with its default and what it is for.
.SH SIGNALS
SIGTERM and SIGINT stop the server after what is in flight is answered.
EOF
