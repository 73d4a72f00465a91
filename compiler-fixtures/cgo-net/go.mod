module fixture.test/cgonet

go 1.25
