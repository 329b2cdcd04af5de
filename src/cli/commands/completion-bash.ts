/**
 * The completion script for bash. Our own, because the library's needs the bash-completion package, declares read-only
 * globals (a second `source` fails) and evaluates what was typed; this one needs bash alone and passes words on.
 */
export const BASH_COMPLETION = String.raw`# bash completion for exit137

__exit137_complete() {
    local line=${'$'}{COMP_LINE:0:COMP_POINT} out directive current stem
    local -a words
    read -ra words <<< "$line"
    if [[ $line == *[[:space:]] ]]; then words+=(''); fi
    current=${'$'}{words[${'$'}{#words[@]}-1]}
    out=$(exit137 complete -- "${'$'}{words[@]:1}" 2>/dev/null) || return
    # The last line says what the shell may add by itself: 2 = no blank behind, 4 = no file names.
    directive=${'$'}{out##*:}
    out=${'$'}{out%:*}
    if (( directive & 2 )); then compopt -o nospace; fi
    if (( directive & 4 )); then compopt +o default; fi
    # bash replaces only what follows the last = or : of a word.
    stem=${'$'}{current%"${'$'}{current##*[=:]}"}
    while IFS= read -r line; do
        line=${'$'}{line%%${'$'}'\t'*}
        if [[ -n $line && $line == "$current"* ]]; then COMPREPLY+=("${'$'}{line#"$stem"}"); fi
    done <<< "$out"
}

complete -o default -F __exit137_complete exit137
`;
