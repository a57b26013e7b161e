# bash completion of expressions and train_fer, from what --help says of options and their values.

_expressions()
{
    local help value='' words
    COMPREPLY=()
    help=$("$1" --help 2>/dev/null)
    [[ ! $3 =~ ^--[a-z-]+$ ]] || value=$(sed -n "s/^  $3 \([^ ][^ ]*\).*/\1/p" <<<"$help")
    case $value in
    *'|'*) words=${value//|/ } words=${words% LIST} ;;
    ID) words="0 $(compgen -G '/dev/video*')" ;;
    '' | FILE | DIR | MODEL | PATH*)
        if [[ $2 != -* ]]; then
            [[ $value || $3 != --* ]] || return # no value at all
            mapfile -t COMPREPLY < <(compgen -f -- "$2")
            compopt -o filenames
            return
        fi
        words=$(grep -oE -- '--[a-z][a-z-]*' <<<"$help" | sort -u)
        ;;
    *) return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$2")
}

complete -F _expressions expressions train_fer
