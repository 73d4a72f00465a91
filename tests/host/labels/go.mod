module host.test/labels

go 1.24
