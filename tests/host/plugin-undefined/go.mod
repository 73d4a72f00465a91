module relink.test/plugin-undefined

go 1.22
