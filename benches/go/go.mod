module relink.test/benches

go 1.26
