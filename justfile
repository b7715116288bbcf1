# What contributors run; `just` lists it.

_default:
    @just --list

# style, types and layers
lint:
    uv run ruff check
    uv run ruff format --check
    uv run mypy
    uv run lint-imports

# the tests
test *arguments:
    uv run pytest {{arguments}}

# everything that must be green before a change lands
ci:
    .ci/run

# write the diagrams again
draw:
    uv run freezeframe draw

# figures, side by side; takes minutes
benchmark:
    uv run pytest --override-ini addopts="" --import-mode=importlib tests/benchmarks

# bring up a lab of libvirt hosts on this machine (needs root)
lab-up directory hosts="2" guests="1":
    uv run python -m tests.lab up --hosts {{hosts}} --guests {{guests}} --directory {{directory}}

# take a lab down
lab-down directory:
    uv run python -m tests.lab down {{directory}}

# put the code into the house style
format:
    uv run ruff check --fix
    uv run ruff format
