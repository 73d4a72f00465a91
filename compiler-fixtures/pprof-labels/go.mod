module fixture.test/pproflabels

go 1.22
