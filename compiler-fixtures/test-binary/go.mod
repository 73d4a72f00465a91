module fixture.test/testbinary

go 1.22
