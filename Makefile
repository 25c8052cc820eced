# 每个目标自行完成准备工作；已就绪的部分不再重做。 (Every target does its own set-up; what is there is kept.)
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

ARGS ?=
WORKERS ?= 2
FUZZ_S ?= 600
export PYTHON ?=
export PYTHONUTF8 := 1

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# chromium and fonts: pages in a browser; strace: fsync before acknowledgement; tmux: the terminal; unifont: signs.
TEST_PACKAGES := chromium fonts-noto-cjk strace tmux unifont

.PHONY: help setup run-setup test-setup demo test format lint types imports pytest test-long fuzz lock clean

help:  ## 显示本说明 (this text)
	@echo "用法 (usage): make 目标 [ARGS=…] [PYTHON=/路径/python3]"
	@grep -hE '^[a-z-]+:.*  ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*  ## (.*)/  make \1\t\2/' | expand -t 20

setup:  ## 建立 .venv 并安装锁定的全部 Python 包 (private venv with all locked packages)
	@.ci/setup dev

run-setup:
	@.ci/setup run

test-setup: setup
	@.ci/setup debian $(TEST_PACKAGES)

demo: run-setup  ## 运行演示大厅，选项写在 ARGS 中，如 ARGS="--speed 120" (the demo hall)
	@$(BIN)/hallhub demo $(ARGS)

test: test-setup lint types imports pytest  ## 全部检查和测试 (all checks and tests)

format: setup  ## 统一代码格式 (format the code)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

pytest: test-setup
	$(PYTEST) -m "not long" -n $(WORKERS) --dist worksteal --cov --cov-branch --cov-report=term:skip-covered --durations=15 $(ARGS)

test-long: test-setup  ## 长时间测试：断电、断线、连续运行 (kill loops, simulated days, soak)
	$(PYTEST) -m long --timeout=0 $(ARGS)

fuzz: test-setup  ## 模糊测试，每个目标 FUZZ_S 秒，默认 600 (fuzz each target)
	FUZZ_S=$(FUZZ_S) $(PYTEST) tests/fuzz -n $(WORKERS) --timeout=0 $(ARGS)

lock: setup  ## 重新锁定依赖，升级用 ARGS=--upgrade (lock the dependencies anew)
	.ci/lock $(ARGS)

clean:  ## 删除 .venv、缓存和构建产物，不动 data/ (delete all that make made; data/ stays)
	rm -rf .venv .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist demo-data
	find hub drivers kiosk displays tests -name __pycache__ -prune -exec rm -rf {} +
