# bash completion of expressions and train_fer: the options are those that --help names.

_expressions()
{
    local words
    COMPREPLY=()
    case $3 in
    --image | --video | --model | --cascade | --csv | --data | --ferplus | --backgrounds | --evaluate | --resume | \
        --mean-faces | --export-onnx | --output | --report)
        mapfile -t COMPREPLY < <(compgen -f -- "$2")
        compopt -o filenames
        return
        ;;
    --camera)
        mapfile -t COMPREPLY < <(compgen -W "0 $(compgen -G '/dev/video*')" -- "$2")
        return
        ;;
    --features) words='pixels hog windows patches' ;;
    --activation) words='sigmoid tanh relu' ;;
    --output-activation) words='softmax sigmoid' ;;
    --batch-norm | --align | --verifier | --adapt) words='on off' ;;
    --loss) words='cross-entropy mse' ;;
    --descent) words='mini-batch stochastic full' ;;
    --optimizer) words='sgd momentum adamw' ;;
    --prior) words='uniform training' ;;
    --split) words='Training PublicTest PrivateTest train validation test' ;;
    *)
        if [[ $2 != -* ]]; then
            [[ $3 != --* ]] || return # a number, or no value at all
            mapfile -t COMPREPLY < <(compgen -f -- "$2")
            compopt -o filenames
            return
        fi
        words=$("$1" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$2")
}

complete -F _expressions expressions train_fer
