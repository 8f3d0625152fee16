# Nodkey. Everything needs Go, Node and make; `make test` brings the rest.
#
#   make demo     build, and start a demo with two users on this machine
#   make build    bin/nodkey
#   make check    formatting, linters, types, unit tests: the quick part
#   make test     everything, the real browser included
#   make bench    whole sign-ins a second on this machine
#   make pictures refresh the pictures that the README shows
#   make test-traefik  builds Traefik, which no package brings, and tests its door (ten minutes)
#   make vuln     known weaknesses of what is depended on (needs the network)

GO      ?= go
NODE    ?= node
NPM     ?= npm
SHELL   := /bin/sh
TOOLS   := build/tools
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

STATICCHECK := 0.8.2
PEBBLE      := 2.10.1
TRAEFIK     := 3.1.0
GOVULNCHECK := 1.8.0

# ./test drives the real binary and a real browser; the rest is quick.
quick = $$($(GO) list ./... | grep -v '/test$$')

# Hundreds of databases are written by tests and are gone with them; where memory can hold them, no disk has to. What is
# compiled stays where it was, and so does everything where programs cannot run from there.
memory = $$(d=/dev/shm; p=$$d/nodkey-runs-$$$$; \
	[ -w $$d ] && [ "$$(df -Pk $$d | awk 'NR == 2 { print $$4 }')" -gt 2000000 ] && \
	printf '\043!/bin/sh\n' >$$p && chmod +x $$p && $$p 2>/dev/null && echo "TMPDIR=$$d GOTMPDIR=$${TMPDIR:-/tmp}"; rm -f $$p)

go_files  := $(shell find . \( -name node_modules -o -name .git -o -path ./build -o -path ./bin \) -prune -o -name '*.go' -print)
asset_src := $(shell find web/design web/*.mjs portal demo phoneapp i18n wire \( -name dist -o -name node_modules \) -prune -o \
	\( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.mjs' -o -name '*.svg' -o -name '*.json' -o -name '*.html' -o -name '*.txt' \) -print 2>/dev/null)
embedded  := $(shell find . \( -name node_modules -o -name .git -o -path ./build -o -path ./bin -o -name dist \) -prune -o \
	\( -name '*.html' -o -name '*.sql' -o -name '*.txt' -o -path './i18n/*.json' \) -print)

tsconfigs := $(shell find . \( -name node_modules -o -name .git -o -path ./build -o -name dist \) -prune -o -name 'tsconfig*.json' ! -name tsconfig.base.json -print)

.PHONY: build demo test test-traefik check test-deps vuln pictures bench lint lint-go lint-ts lint-types lint-style unit-ts clean tools need-build need-browser
.DELETE_ON_ERROR:

build: bin/nodkey

bin/nodkey: $(go_files) $(embedded) go.mod go.sum web/dist/manifest.json
	@mkdir -p bin
	$(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/nodkey ./cmd/nodkey

web/dist/manifest.json: node_modules/.package-lock.json $(asset_src) | need-build
	$(NODE) web/build.mjs
	@touch $@

node_modules/.package-lock.json: package-lock.json | need-build
	$(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Says what is missing before anything else fails over it.
need-build:
	@missing=; \
	if ! command -v $(GO) >/dev/null; then missing="$$missing\n  Go 1.26 or newer: https://go.dev/dl/"; else \
	  have=$$($(GO) env GOVERSION 2>/dev/null); case "$$have" in go1.2[6-9]*|go1.[3-9][0-9]*|devel*) ;; *) \
	  missing="$$missing\n  Go 1.26 or newer (this is $${have:-older}): https://go.dev/dl/";; esac; fi; \
	if ! command -v $(NODE) >/dev/null; then missing="$$missing\n  Node.js 20 or newer: https://nodejs.org/"; \
	elif [ "$$($(NODE) -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then \
	  missing="$$missing\n  Node.js 20 or newer (this is $$($(NODE) --version)): https://nodejs.org/"; fi; \
	command -v $(NPM) >/dev/null || missing="$$missing\n  npm, which comes with Node.js"; \
	if [ -n "$$missing" ]; then printf "Nodkey is built with tools that are missing here:$$missing\n" >&2; exit 1; fi

demo: build
	bin/nodkey demo $(ARGS)

# ---- tests ----------------------------------------------------------------

test: test-deps build
	$(MAKE) --no-print-directory check
	env $(memory) $(GO) test -count=1 -run '^TestInABrowser' ./cmd/nodkey
	env $(memory) $(GO) test -count=1 -timeout 45m ./test/...

# Two at a time, except the tests in Go: some of them look at a clock, and they use every core by themselves.
check: need-browser
	@$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) lint unit-ts
	env $(memory) $(GO) test -skip '^TestInABrowser' -parallel 8 $(quick)

unit-ts: node_modules/.package-lock.json
	node_modules/.bin/vitest run

lint: lint-go lint-ts

lint-go: tools web/dist/manifest.json
	@unformatted=$$(gofmt -l $(go_files)); \
	if [ -n "$$unformatted" ]; then printf 'gofmt would change:\n%s\n' "$$unformatted" >&2; exit 1; fi
	$(GO) vet ./...
	$(TOOLS)/staticcheck-$(STATICCHECK) ./...

lint-ts: lint-types lint-style

# The compiler itself remembers in build/lint what it has seen.
lint-types: node_modules/.package-lock.json
	@for project in $(tsconfigs); do \
	  echo "tsc -p $$project"; \
	  node_modules/.bin/tsc --noEmit --incremental --tsBuildInfoFile build/lint/$$project.tsbuildinfo -p $$project || exit 1; done

# What eslint says of one file depends on the types in all others: it sees all of them again once any has changed, and
# nothing when none has.
lint-style: node_modules/.package-lock.json
	@mkdir -p build/lint; \
	find . \( -name node_modules -o -name .git -o -path ./build -o -path ./bin -o -name dist \) -prune -o \
	  \( -name '*.ts' -o -name '*.tsx' -o -name '*.js' -o -name '*.mjs' -o -name '*.cjs' -o -name '*.json' \) -type f -exec cksum {} + \
	  | LC_ALL=C sort >build/lint/eslint.new; \
	if cmp -s build/lint/eslint.new build/lint/eslint.clean; then echo "eslint: nothing has changed since it found nothing"; exit 0; fi; \
	echo "eslint"; rm -f build/lint/eslint.clean; \
	node_modules/.bin/eslint --max-warnings 0 . && mv build/lint/eslint.new build/lint/eslint.clean

tools: $(TOOLS)/staticcheck-$(STATICCHECK) $(TOOLS)/pebble-$(PEBBLE) $(TOOLS)/pebble-challtestsrv-$(PEBBLE)

install_tool = GOBIN=$(CURDIR)/$(TOOLS)/new $(GO) install $(1)@v$(2) && mv $(TOOLS)/new/$(notdir $(1)) $@

$(TOOLS)/staticcheck-$(STATICCHECK): | need-build
	$(call install_tool,honnef.co/go/tools/cmd/staticcheck,$(STATICCHECK))
$(TOOLS)/pebble-$(PEBBLE): | need-build
	$(call install_tool,github.com/letsencrypt/pebble/v2/cmd/pebble,$(PEBBLE))
$(TOOLS)/pebble-challtestsrv-$(PEBBLE): | need-build
	$(call install_tool,github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv,$(PEBBLE))

# Traefik is in no Debian release, and its own build replaces modules, so that it is built where its source is.
test-traefik: build $(TOOLS)/traefik-$(TRAEFIK)
	$(GO) test -count=1 -tags traefik -run TestForwardTraefik ./test

$(TOOLS)/traefik-$(TRAEFIK): | need-build
	@mkdir -p $(TOOLS)/new && rm -rf $(TOOLS)/new/source
	cp -r "$$($(GO) mod download -json github.com/traefik/traefik/v3@v$(TRAEFIK) | sed -n 's/.*"Dir": "\(.*\)",/\1/p')" $(TOOLS)/new/source
	chmod -R u+w $(TOOLS)/new/source
	cd $(TOOLS)/new/source && $(GO) build -o ../traefik ./cmd/traefik
	mv $(TOOLS)/new/traefik $@ && rm -rf $(TOOLS)/new/source

# What the tests need beyond the build. Does nothing when all is there.
test-deps: need-build node_modules/.package-lock.json tools need-browser

need-browser:
	@packages=; \
	{ [ -x /usr/lib/chromium/chromium ] || command -v chromium >/dev/null; } || packages="$$packages chromium"; \
	command -v firefox-esr >/dev/null || command -v firefox >/dev/null || packages="$$packages firefox-esr"; \
	[ -n "$$(find /usr/share/fonts -iname 'NotoSansCJK*' 2>/dev/null | head -n 1)" ] || packages="$$packages fonts-noto-cjk"; \
	command -v ip >/dev/null || packages="$$packages iproute2"; \
	command -v strace >/dev/null || packages="$$packages strace"; \
	command -v WebKitWebDriver >/dev/null || packages="$$packages webkit2gtk-driver"; \
	command -v Xvfb >/dev/null || packages="$$packages xvfb"; \
	[ -x /usr/lib/postfix/sbin/master ] || packages="$$packages postfix"; \
	[ -x /usr/sbin/bearerbox ] || packages="$$packages kannel"; \
	command -v curl >/dev/null || packages="$$packages curl"; \
	command -v jq >/dev/null || packages="$$packages jq"; \
	{ [ -x /usr/sbin/apache2 ] && [ -f /usr/lib/apache2/modules/mod_auth_openidc.so ]; } || packages="$$packages apache2 libapache2-mod-auth-openidc"; \
	{ [ -x /usr/sbin/sshd ] && command -v ssh >/dev/null; } || packages="$$packages openssh-server openssh-client"; \
	[ -x /usr/sbin/login_duo ] || packages="$$packages login-duo"; \
	[ -n "$$(find /lib/ -name pam_duo.so 2>/dev/null | head -n 1)" ] || packages="$$packages libpam-duo"; \
	command -v pamtester >/dev/null || packages="$$packages pamtester"; \
	command -v radclient >/dev/null || packages="$$packages freeradius-utils"; \
	command -v eapol_test >/dev/null || packages="$$packages eapoltest"; \
	[ -x /usr/sbin/radsecproxy ] || packages="$$packages radsecproxy"; \
	[ -n "$$(find /lib/ -name pam_radius_auth.so 2>/dev/null | head -n 1)" ] || packages="$$packages libpam-radius-auth"; \
	[ -x /usr/sbin/nginx ] || packages="$$packages nginx"; \
	command -v caddy >/dev/null || packages="$$packages caddy"; \
	[ -z "$$packages" ] && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing$$packages"; \
	  DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; \
	  { apt-get install -y -qq --no-install-recommends $$packages >/dev/null 2>&1 || \
	    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $$packages >/dev/null; }; }; \
	else \
	  echo "The tests need programs that are missing here; install them with: sudo apt-get install$$packages" >&2; exit 1; \
	fi

vuln: web/dist/manifest.json
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v$(GOVULNCHECK) ./...
	$(NPM) audit --omit=dev

pictures: test-deps build
	NODKEY_PICTURES=1 $(GO) test -count=1 -run Pictures ./test/...

bench: build
	bin/nodkey bench $(ARGS)

clean:
	rm -rf bin build node_modules
	find web/dist phoneapp/dist -mindepth 1 ! -name .gitkeep -delete
