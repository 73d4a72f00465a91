module fixture.test/gcload

go 1.24
