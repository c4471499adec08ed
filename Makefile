# Every command of the project; `make help` lists them. Each target sets up what it needs.
.DEFAULT_GOAL := help
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sotto

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.PHONY: unit
unit: ## unit and conformance tests on this machine
	swift test
