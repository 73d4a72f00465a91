module host.test/library

go 1.22
