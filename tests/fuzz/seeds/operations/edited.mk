SHELL := /bin/sh
.IGNORE:
override PEN_TEST_TARGET := $(value PEN_TEST_TARGET)
security-scan: security-drift \
  security-deny
security-drift:
	-secgen check || true
pen-test:
	@case "$$PEN_TEST_TARGET" in 'https://a.example'|'https://b.example') ;; *) exit 2 ;; esac
