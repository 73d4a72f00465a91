module fixture.test/exportswithoutc

go 1.22
