// The scripts of `ferry completion`. They know nothing of ferry's commands: `ferry __complete` does.
#include <fmt/core.h>

#include "client/cli/command.h"
#include "client/cli/common.h"
#include "client/cli/completion.h"
#include "client/line/exit_code.h"

namespace ferry::client {
namespace {

// bash replaces what stands behind the last of COMP_WORDBREAKS; ferry has cut off what is in front of it.
constexpr std::string_view kBash =
    R"(# bash completion of ferry; in ~/.bashrc:  source <(ferry completion bash)
_ferry() {
  local program=${1/#\~\//"$HOME/"} part=${COMP_WORDS[COMP_CWORD]} first= word
  COMPREPLY=()
  case $part in [:=]) part= ;; esac
  while IFS= read -r word; do
    if [ -z "$first" ]; then first=$word; else COMPREPLY+=("$word"); fi
  done < <("$program" __complete bash "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
  compopt -o filenames
  if [ "$first" = files ]; then
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$part")
  fi
  if [ ${#COMPREPLY[@]} -eq 1 ]; then
    case ${COMPREPLY[0]} in */ | *= | *:) compopt -o nospace ;; esac
  fi
}
complete -F _ferry ferry
)";

constexpr std::string_view kZsh = R"(#compdef ferry
# zsh completion of ferry; in ~/.zshrc behind compinit:  source <(ferry completion zsh)
_ferry() {
  local -a lines words_found folders_found
  local line text description
  lines=("${(@f)$("${(Q)words[1]}" __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  for line in "${(@)lines[2,-1]}"; do
    [[ -z $line ]] && continue
    text=${line%%$'\t'*}
    description=${line#*$'\t'}
    if [[ $text == */ || $text == *= || $text == *: ]]; then
      folders_found+=("$text")
    elif [[ $line == *$'\t'* ]]; then
      words_found+=("${text//:/\\:}:$description")
    else
      words_found+=("${text//:/\\:}")
    fi
  done
  (( $#words_found )) && _describe -t values ferry words_found
  (( $#folders_found )) && compadd -S '' -- "${(@)folders_found}"
  [[ $lines[1] == files ]] && _files
  return 0
}
compdef _ferry ferry
)";

constexpr std::string_view kFish =
    R"(# fish completion of ferry; in ~/.config/fish/completions/ferry.fish:  ferry completion fish | source
function __ferry_complete
    set -l words (commandline -opc)
    set -l part (commandline -ct)
    set -l lines ($words[1] __complete fish $words[2..-1] "$part" 2>/dev/null)
    for line in $lines[2..-1]
        echo $line
    end
    if test "$lines[1]" = files
        __fish_complete_path $part
    end
end
complete -c ferry -f -a '(__ferry_complete)'
)";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return "";
}

int run_completion(const Options& options, Cancel&) {
  const std::string_view script = completion_script(options.operands.front());
  if (script.empty()) return usage_error("completion: bash, zsh or fish, not " + options.operands.front());
  fmt::print("{}", script);
  return kExitDone;
}

}  // namespace ferry::client
