"""Asks one solver about SMT-LIB scripts: `solve.py z3|cvc5 MILLISECONDS`, one `proof PATH` or `model PATH` a line on
standard input: whether to look for a proof or for a model first. That changes how soon there is an answer, not which.

Answers one line a script: its path, `sat`, `unsat` or `unknown`, the time in milliseconds, and perhaps why.
`cargo xtask prove` writes the scripts and judges the answers; nothing is judged here.
"""

import sys
import time


# How long z3 looks with and without patterns, in milliseconds. Models are found by instantiation from models alone; proofs
# mostly sooner with patterns as well, but now and then not at all.
ATTEMPTS = [3_000, 10_000, 60_000]


def ask_z3(goal, path, limit):
    import z3

    answer, why, left = "unknown", "", limit
    for seed, share in enumerate(ATTEMPTS):
        for patterns in (True, False) if goal == "proof" else (False,):
            solver = z3.Solver(ctx=z3.Context())
            solver.set("smt.ematching", patterns)
            solver.set("smt.random_seed", seed)
            solver.set("timeout", max(1, min(share, left)))
            solver.from_file(path)
            begun = time.monotonic()
            answer = str(solver.check())
            if answer != "unknown":
                return answer, ""
            why = solver.reason_unknown()
            left -= round((time.monotonic() - begun) * 1000)
            if left <= 0:
                return answer, why
    return answer, why


def ask_cvc5(_, path, limit):
    import cvc5

    with open(path) as file:
        text = file.read()
    solver = cvc5.Solver(cvc5.TermManager())
    # Over finite models of uninterpreted sorts both answers are found; without it cvc5 rarely says `sat`.
    solver.setOption("finite-model-find", "true")
    solver.setOption("tlimit-per", str(limit))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, path)
    symbols, answer = parser.getSymbolManager(), ""
    while True:
        command = parser.nextCommand()
        if command.isNull():
            break
        said = command.invoke(solver, symbols).strip()
        if said and said != "success":
            answer = said
    known = answer in ("sat", "unsat")
    return (answer, "") if known else ("unknown", " ".join(answer.split()))


def main():
    ask = {"z3": ask_z3, "cvc5": ask_cvc5}[sys.argv[1]]
    limit = int(sys.argv[2])
    for line in sys.stdin:
        goal, path = line.rstrip("\n").split(" ", 1)
        begun = time.monotonic()
        try:
            answer, why = ask(goal, path, limit)
        except Exception as error:  # what a solver refuses to read is a failure of that script alone
            answer, why = "unknown", " ".join(str(error).split())
        print(path, answer, round((time.monotonic() - begun) * 1000), why, sep="\t", flush=True)


main()
