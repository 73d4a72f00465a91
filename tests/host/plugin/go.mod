module host.test/plugin

go 1.22
