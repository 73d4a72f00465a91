module host.test/shared

go 1.22
