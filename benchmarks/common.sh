# For the scripts beside it, which source it: finds Java, and builds benchmarks/target/NAME/lib when a source is newer.
#
#   JAVA_HOME  the JDK to use (17 or newer); otherwise the java on the PATH
set -euo pipefail
unset CDPATH
command_name=$(basename "$0")
benchmarks=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
home=$(dirname "$benchmarks")

fail() {
  echo "$command_name: $1" >&2
  exit 1
}

if [[ -n ${JAVA_HOME:-} ]]; then
  java=$JAVA_HOME/bin/java
  [[ -x $java ]] || fail "JAVA_HOME is $JAVA_HOME, but there is no bin/java in it. Set it to a JDK 17 or newer, or unset it."
else
  java=$(command -v java) || fail "no java found. Install a JDK 17 or newer or set JAVA_HOME to one."
fi

# build NAME MODULE PROFILES [OPTION...]: sets `lib`, the folder of jars.
build() {
  local folder=$benchmarks/target/$1 module=$2 profiles=$3 log=$benchmarks/target/$1.log jdk
  shift 3
  lib=$folder/lib
  if [[ -f $folder/stamp && -z $(find "$home"/pom.xml "$home"/*/pom.xml "$home"/*/src/main -newer "$folder/stamp" -print -quit) ]]; then
    return
  fi
  command -v mvn >/dev/null || fail "building needs Maven, and no mvn was found. Install Maven 3.8 or newer."
  jdk=$(dirname "$(dirname "$(readlink -f "$java")")")
  [[ -x $jdk/bin/javac ]] || fail "building needs a JDK, and $java is a run-time only (no javac beside it)."
  # ./vgg builds the same modules, and takes the same lock
  mkdir -p "$home/target" "$folder"
  if command -v flock >/dev/null; then
    exec 9>"$home/target/launcher.lock"
    flock 9
  fi
  echo "$command_name: building (first use or sources changed)..." >&2
  rm -rf "$lib" "$folder/stamp"
  touch "$folder/stamp-next"
  if ! (cd "$home" && JAVA_HOME=$jdk mvn -q -B -Dmaven.test.skip=true -Dspotless.check.skip=true "-P$profiles" \
    "-Dbenchmarks.lib=$lib" "$@" -pl "$module" -am package) >"$log" 2>&1 </dev/null; then
    tail -n 25 "$log" >&2
    fail "the build failed; all of its output is in $log"
  fi
  mv "$folder/stamp-next" "$folder/stamp"
  exec 9>&-
}
