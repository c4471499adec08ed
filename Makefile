# Every command of the project; `make help` lists them. Each target sets up what it needs. Long recipes are scripts.
.DEFAULT_GOAL := help
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sotto
ARCHITECTURES := armv7 x86_64
BINARIES := $(ARCHITECTURES:%=build/%/sotto)
LISTS := cross/packages

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.PHONY: setup setup-build setup-image setup-test
setup: setup-build setup-image setup-test ## install by apt all that building, images and tests need (sudo where not root)
setup-build:
	@cross/setup $(LISTS)/host.list
setup-image:
	@cross/setup $(LISTS)/image.list
setup-test:
	@cross/setup $(LISTS)/test.list

.PHONY: sdk
sdk: setup-build ## make the sysroots and Swift SDKs of both processors, in the cache
	@for arch in $(ARCHITECTURES); do cross/sdk $$arch || exit; done

.PHONY: build
build: $(BINARIES) ## build what ships: build/armv7/sotto, build/x86_64/sotto

# Swift knows what is out of date; cross/build leaves a file alone that would not change.
.PHONY: FORCE
$(BINARIES): build/%/sotto: FORCE | setup-build
	@cross/build $*

.PHONY: sbom
sbom: build ## list what went into the binaries, as CycloneDX: build/armv7/sotto.cdx.json, build/x86_64/sotto.cdx.json
	@swift build -q --product sotto-image
	@for arch in $(ARCHITECTURES); do cross/bill $$arch build/$$arch/sotto build/$$arch/sotto.cdx.json || exit; done

.PHONY: sbom-check
sbom-check: sbom ## list what Debian has a newer version of, of all that went into binaries and images; 1 where it has
	@cross/newer $(BINARIES:%=%.cdx.json) $(wildcard build/images/*.cdx.json)

.PHONY: boards
boards: setup-build ## list the boards
	@swift run -q sotto-image boards

# Kept out of build/, for boards that know a key take no other's updates.
KEY := keys/update.key
.PHONY: keys
keys: setup-build ## make the key by which updates are signed: keys/update.key, to be kept, and keys/update.pub, for images
	@swift run -q sotto-image keys new keys

# What a person wrote is checked first; the long way to a binary comes after it.
UPDATE_KEY := $(wildcard $(KEY:.key=.pub))
.PHONY: image
image: setup-build setup-image ## make a card's image: make image BOARD=B [CONFIG=FILE] [OUTPUT=build]; build/images/sotto-B.img
	@[ "$(BOARD)" ] || { echo "make image needs BOARD=; \`make boards\` lists them" >&2; exit 1; }
	@swift build -q --product sotto-image
	@.build/debug/sotto-image check $(BOARD) $(CONFIG:%=--config %)
	@$(MAKE) --no-print-directory build/armv7/sotto
	@packages=$$(cross/fetch $(LISTS)/card.list armhf) && .build/debug/sotto-image build $(BOARD) \
	  --packages $$packages/root $(UPDATE_KEY:%=--update-key %) $(CONFIG:%=--config %) $(OUTPUT:%=--output %)
	@image=$(or $(OUTPUT),build)/images/sotto-$(BOARD); cross/bill armv7 $$image.img $$image.cdx.json $(BOARD)

.PHONY: bundle
bundle: setup-build setup-image ## make a signed update: make bundle BOARD=B [KEY=keys/update.key] [OUTPUT=build]; build/images/sotto-B.bundle
	@[ "$(BOARD)" ] || { echo "make bundle needs BOARD=; \`make boards\` lists them" >&2; exit 1; }
	@[ -f "$(KEY)" ] || { echo "there is no $(KEY): \`make keys\` makes one" >&2; exit 1; }
	@swift build -q --product sotto-image
	@$(MAKE) --no-print-directory build/armv7/sotto
	@packages=$$(cross/fetch $(LISTS)/card.list armhf) && .build/debug/sotto-image bundle $(BOARD) \
	  --packages $$packages/root --key $(KEY) --commit $$(git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown) \
	  $(OUTPUT:%=--output %)

.PHONY: flash
flash: ## write a card: make flash BOARD=B TO=/dev/sdX; without TO the disks are listed
	@[ "$(BOARD)" ] || { echo "make flash needs BOARD=; \`make boards\` lists them" >&2; exit 1; }
	@[ -f build/images/sotto-$(BOARD).img ] || $(MAKE) --no-print-directory image BOARD=$(BOARD)
	@swift build -q --product sotto-image
	@root=; [ "$$(id -u)" = 0 ] || [ -z "$(TO)" ] || root=sudo; \
	  $$root .build/debug/sotto-image flash build/images/sotto-$(BOARD).img $(TO:%=--to %)

# One time for all that is in it: the commit's, unless a build says another.
.PHONY: oci
oci: sbom setup-image ## make a container's image for both processors: build/oci/sotto.tar (docs/container.md)
	@SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null)} .build/debug/sotto-image oci \
	  $(BINARIES:%=--exchange %) $$(git describe --always --dirty --abbrev=40 --exclude '*' 2>/dev/null | sed 's/^/--revision /')
	@for arch in $(ARCHITECTURES); do cp build/$$arch/sotto.cdx.json build/oci/sotto-$$arch.cdx.json || exit; done

.PHONY: qemu
qemu: ## boot a card's image in an emulator: make qemu BOARD=B [TAP=…] [NETNS=…] [CARD=…]; Ctrl-A X ends it
	@[ "$(BOARD)" ] || { echo "make qemu needs BOARD=; \`make boards\` lists them" >&2; exit 1; }
	@qemu/setup
	@[ -f build/images/sotto-$(BOARD).img ] || $(MAKE) --no-print-directory image BOARD=$(BOARD)
	@$(NETNS:%=ip netns exec %) qemu/run $(BOARD) $(TAP:%=--tap %) $(CARD:%=--card %)

.PHONY: run
run: build/x86_64/sotto ## try the exchange on this machine with two softphones
	@cross/run

.PHONY: unit
unit: setup-build ## unit and conformance tests on this machine
	swift test

.PHONY: test
test: setup ## every test, its count on the last line; Tests/all.py says how to run a part
	@Tests/all.py $(STEPS)

.PHONY: survival
survival: setup-build setup-test ## kill the exchange twenty times in a row in the midst of a hundred calls
	swift build --product sotto
	SOTTO_KILLS=20 Tests/EndToEnd/python Tests/EndToEnd .build/debug/sotto --chapter survival

.PHONY: test-cross
test-cross: setup-build setup-test ## the fetching of packages, against a small mirror that misbehaves
	python3 Tests/cross/test_fetch.py

.PHONY: test-peers
test-peers: setup-build setup-test build/x86_64/sotto ## calls by, through and from a real Asterisk and Kamailio of Debian sid (root)
	@cross/setup peers/peers.list
	@export SOTTO_PEERS; SOTTO_PEERS=$$(peers/fetch) || echo "SKIPPED: no Asterisk and no Kamailio, see above"; \
	  Tests/EndToEnd/python Tests/EndToEnd build/x86_64/sotto --chapter peers

MINUTES := 120
.PHONY: soak
soak: setup-build setup-test build/x86_64/sotto ## calls, holds and transfers under load and packet loss: make soak MINUTES=120
	@SOTTO_SOAK_MINUTES=$(MINUTES) Tests/EndToEnd/python Tests/EndToEnd build/x86_64/sotto --chapter soak

.PHONY: test-bare
test-bare: ## build on a Debian 12 of git, make and Swift alone, made in a folder (root: sudo make test-bare)
	@cross/setup $(LISTS)/bare.list
	Tests/bare/run

.PHONY: bench
bench: setup-build build/x86_64/sotto ## measure CPU a packet beside a C relay, latency, set-up, memory, start; build/bench.json
	@bench/run.py build/x86_64/sotto $(BENCH)

TRIALS := 100
.PHONY: delay-table
delay-table: setup-build setup-test build/x86_64/sotto ## measure delay to the paper's places, beside its tables: make delay-table TRIALS=100; build/delay/
	@TRIALS=$(TRIALS) Tests/EndToEnd/python bench/delay_table.py build/x86_64/sotto

.PHONY: costs
costs: setup-build setup-test build ## count instructions and allocations a packet, a registration and a call
	@bench/costs.py .build-x86_64/release/sotto build/armv7/sotto

.PHONY: bench-peers
bench-peers: setup-build build/x86_64/sotto ## the same beside Asterisk, and Kamailio with rtpengine, of Debian sid (root); build/bench-peers.json
	@cross/setup peers/peers.list
	@peers=$$(peers/fetch) && bench/run.py build/x86_64/sotto --json build/bench-peers.json --peers $$peers $(BENCH)

.PHONY: lint
lint: setup-build ## check the form of the sources and which module leans on which
	@swift format lint --strict --recursive Package.swift Sources Tests Fuzz
	@cross/lint

.PHONY: clean
clean: ## delete what was built here; the cache stays
	rm -rf build .build .build-*

RUNS := 10000000
.PHONY: fuzz
fuzz: setup-build ## fuzz the parsers: RUNS inputs each (10000000), TARGETS="sip uri sdp rtp yaml dns stun"
	@Fuzz/run $(RUNS) $(TARGETS)
