"""Asks one solver about SMT-LIB scripts: `solve.py z3|cvc5 MILLISECONDS`, one `proof PATH` or `model PATH` a line on
standard input: whether to look for a proof or for a model first. That changes how soon there is an answer, not which.

Answers one line a script: its path, `sat`, `unsat` or `unknown`, the time in milliseconds, and perhaps why.
`cargo xtask prove` writes the scripts and judges the answers; nothing is judged here.
"""

import itertools
import sys
import time


# How long z3 looks for a proof with patterns, then without, in milliseconds. With patterns it is mostly sooner done, but now
# and then not at all.
ATTEMPTS = [3_000, 10_000, 60_000]


# What was spelled out of the scripts that ask for a model. They share z3's main context.
SPELLED = {}


def ask_z3(goal, path, limit):
    import z3

    if goal == "model":
        script = z3.parse_smt2_file(path)
        return check_z3(z3, spell_out(z3, script), limit)
    script = z3.parse_smt2_file(path, ctx=z3.Context())
    answer, why = "unknown", ""
    for seed, share in enumerate(ATTEMPTS):
        for patterns in (True, False):
            begun = time.monotonic()
            options = {"smt.ematching": patterns, "smt.random_seed": seed}
            answer, why = check_z3(z3, script, min(share, limit), options)
            limit -= round((time.monotonic() - begun) * 1000)
            if answer != "unknown" or limit <= 0:
                return answer, why
    return answer, why


def check_z3(z3, script, limit, options={}):
    solver = z3.Solver(ctx=script.ctx)
    for name, value in options.items():
        solver.set(name, value)
    solver.set("timeout", max(1, limit))
    solver.add(script)
    answer = str(solver.check())
    return answer, solver.reason_unknown() if answer == "unknown" else ""


def spell_out(z3, script):
    """The script without quantifiers. A script that asks for a model says that every element of a sort `S` is one of the
    constants `S!0`, `S!1` …: so `forall` is a conjunction, `exists` a disjunction, and every value is one of them."""
    symbols = {}
    for term in script:
        gather(z3, term, symbols)
    world = {}
    for name, symbol in sorted(symbols.items()):
        if symbol.arity() == 0 and name.startswith(str(symbol.range()) + "!"):
            world.setdefault(str(symbol.range()), []).append(symbol())
    ground = z3.AstVector(ctx=script.ctx)
    for term in script:
        ground.push(spelled(z3, term, world))
    for symbol in symbols.values():
        places = [world[str(symbol.domain(at))] for at in range(symbol.arity())]
        if elements := world.get(str(symbol.range())):
            for case in itertools.product(*places):
                ground.push(z3.Or([symbol(*case) == element for element in elements]))
    return ground


def gather(z3, term, symbols):
    """Collects the symbols of the term by name."""
    if z3.is_quantifier(term):
        gather(z3, term.body(), symbols)
    elif z3.is_app(term):
        if term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            symbols[term.decl().name()] = term.decl()
        for part in term.children():
            gather(z3, part, symbols)


def spelled(z3, term, world):
    """The closed term without quantifiers. What was spelled out for one script is not spelled out again for the next."""
    known = SPELLED.get(term.get_id())
    if known is None:
        if z3.is_quantifier(term):
            places = [world[str(term.var_sort(at))] for at in range(term.num_vars())]
            # The variable bound last has the number 0.
            cases = [z3.substitute_vars(term.body(), *reversed(case)) for case in itertools.product(*places)]
            all_or_one = z3.And if term.is_forall() else z3.Or
            known = all_or_one([spelled(z3, case, world) for case in cases])
        elif str(term.sort()) == "Bool" and term.children():
            known = term.decl()(*[spelled(z3, part, world) for part in term.children()])
        else:
            known = term
        # The term itself is kept, so that its number is not given to another.
        SPELLED[term.get_id()] = (term, known)
        return known
    return known[1]


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
