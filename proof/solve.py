"""Puts SMT-LIB scripts to one solver: `solve.py z3|cvc5`, one `proof PATH` or `model PATH` a line on standard input:
whether a proof or a model is expected. That changes how soon there is an answer, not which.

Answers one line a script: its path, `sat`, `unsat` or `unknown`, the processor time in milliseconds, and why it is not
known. `cargo xtask prove` writes the scripts and judges the answers; nothing is judged here.

How long a solver may think is counted in its own units of work, so that the answer is the same on every machine.
"""

import itertools
import sys
import time

# What is tried in turn, and for how many units of work: about two million of z3's and a hundred thousand of cvc5's are
# done in a second. Patterns find most proofs at once, and the rest is found by looking for a model that is not there.
Z3_PROOF = [({"smt.ematching": True, "smt.mbqi": False}, 2_000_000), ({"smt.ematching": False}, 30_000_000)]
Z3_MODEL = [({}, 60_000_000)]
CVC5_PROOF = [({"enum-inst": "true"}, 300_000), ({"finite-model-find": "true"}, 1_500_000)]
CVC5_MODEL = [({"finite-model-find": "true"}, 1_500_000)]


def ask_z3(goal, path):
    import z3

    if goal == "model":
        # Spelled out once, a formula is used in many scripts: they share a context.
        script, attempts = spell_out(z3, z3.parse_smt2_file(path)), Z3_MODEL
    else:
        script, attempts = z3.parse_smt2_file(path, ctx=z3.Context()), Z3_PROOF
    for options, work in attempts:
        solver = z3.Solver(ctx=script.ctx)
        for name, value in options.items():
            solver.set(name, value)
        solver.set("rlimit", work)
        solver.add(script)
        answer = str(solver.check())
        if answer != "unknown":
            return answer, ""
    return "unknown", solver.reason_unknown()


def ask_cvc5(goal, path):
    import cvc5

    with open(path) as file:
        text = file.read()
    answer = ""
    for options, work in CVC5_MODEL if goal == "model" else CVC5_PROOF:
        solver = cvc5.Solver(cvc5.TermManager())
        for name, value in options.items():
            solver.setOption(name, value)
        solver.setOption("rlimit-per", str(work))
        parser = cvc5.InputParser(solver)
        parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, path)
        symbols = parser.getSymbolManager()
        while not (command := parser.nextCommand()).isNull():
            answer = command.invoke(solver, symbols).strip() or answer
        if answer in ("sat", "unsat"):
            return answer, ""
    return "unknown", answer


# ---- models of a small world, for z3 --------------------------------------------------------------------------------

# What was spelled out, by the number of the term: the term itself, so that its number is not given to another, and what
# it became.
SPELLED = {}


def spell_out(z3, script):
    """The script without quantifiers. A script that asks for a model says that every element of a sort `S` is one of
    the constants `S!0`, `S!1` …: so `forall` is a conjunction, `exists` a disjunction, and every value is one of
    them."""
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
    """The closed term without quantifiers."""
    if term.get_id() not in SPELLED:
        SPELLED[term.get_id()] = (term, spell(z3, term, world))
    return SPELLED[term.get_id()][1]


def spell(z3, term, world):
    if z3.is_quantifier(term):
        places = [world[str(term.var_sort(at))] for at in range(term.num_vars())]
        # The variable bound last has the number 0.
        cases = [z3.substitute_vars(term.body(), *reversed(case)) for case in itertools.product(*places)]
        all_or_one = z3.And if term.is_forall() else z3.Or
        return all_or_one([spelled(z3, case, world) for case in cases])
    if str(term.sort()) == "Bool" and term.children():
        return term.decl()(*[spelled(z3, part, world) for part in term.children()])
    return term


def main():
    ask = {"z3": ask_z3, "cvc5": ask_cvc5}[sys.argv[1]]
    for line in sys.stdin:
        goal, path = line.rstrip("\n").split(" ", 1)
        begun = time.process_time()
        try:
            answer, why = ask(goal, path)
        except Exception as error:  # what a solver refuses to read is a failure of that script alone
            answer, why = "unknown", str(error)
        millis = round((time.process_time() - begun) * 1000)
        print(path, answer, millis, " ".join(why.split()), sep="\t", flush=True)


main()
