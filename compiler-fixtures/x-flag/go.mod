module fixture.test/xflag

go 1.22
