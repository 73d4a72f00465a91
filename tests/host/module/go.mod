module host.test/module

go 1.22
