module fixture.test/gcload

go 1.25
